mapping-tab-linking = Vinculación
linking-title = Lo que ya existe en ambos lados
linking-about = Registros de VTiger y documentos de Frappe que todavía no están vinculados y podrían ser lo mismo. Aquí no se escribe nada en ninguno de los dos sistemas.
linking-problems = El mapeo tiene errores: corríjalos primero y después podrá buscar parejas.
linking-document = Documento
linking-show = Mostrar
linking-find = Buscar parejas
linking-tabs = Propuestas
linking-show-open = Sin decidir
linking-show-accepted = Aceptadas
linking-show-rejected = Rechazadas
linking-none = Aquí no hay nada. «Buscar parejas» recorre ambos sistemas en segundo plano.
linking-all = Elegir todas
linking-score = Puntaje
linking-why = Por qué
linking-accept = Aceptar
linking-reject = Rechazar
linking-undo = Retirar la decisión
linking-least = Puntaje desde
linking-accept-above = Aceptar todas desde este puntaje
linking-then = Lo aceptado se vincula en la próxima ejecución del mapeo publicado; lo rechazado no se vincula nunca.
linking-begun = La búsqueda comienza en un momento. Lo que encuentre aparece aquí.
linking-stopped = La búsqueda se detiene en un momento.
linking-stopping = Se detiene en un momento…
linking-going = Buscando parejas
linking-seen = Registros leídos
linking-compared = comparados
linking-last = Última búsqueda: { $who }, { $at }.
linking-of-records = { $count ->
    [one] Un registro sin documento
   *[other] { $number } registros sin documento
  },
linking-of-documents = { $count ->
    [one] un documento sin registro
   *[other] { $number } documentos sin registro
  }:
linking-of-pairs = { $count ->
    [0] ninguna pareja.
    [one] una pareja.
   *[other] { $number } parejas.
  }
linking-none-chosen = Elija al menos una pareja.
linking-decided = Anotado.
linking-why-key = clave de búsqueda { $number }
linking-why-email = mismo correo ({ $field })
linking-why-phone = mismo número ({ $field })
linking-why-date = misma fecha ({ $field })
linking-why-text = mismo valor ({ $field })
linking-why-name = nombre parecido en { $percent } %
linking-why-different = { $field } distinto
