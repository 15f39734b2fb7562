# Mapeos: qué corresponde a qué, hecho y cambiado por personas.
nav-mappings = Mapeos
mapping-about = Un mapeo dice qué campos de VTiger corresponden a qué campos de Frappe, y quién tiene la última palabra. Los cambios son un borrador hasta que se publican.
mapping-all = Todos los mapeos
mapping-new = Nuevo mapeo
mapping-new-help = Elija qué se debe mantener de acuerdo. Los campos vienen después.
mapping-begin = Comenzar
mapping-begun = El mapeo está comenzado. No se ejecuta en ninguna parte hasta que se publique.
mapping-name = Nombre
mapping-name-help = Letras minúsculas, cifras, - y _. Puede quedar vacío: entonces toma el nombre del módulo.
mapping-title = Título
mapping-title-help = Cómo lo llaman las personas; también puede quedar vacío.
mapping-module = Módulo de VTiger
mapping-doctype = DocType de Frappe
mapping-connects = Conecta
mapping-runs = En uso
mapping-runs-now = en uso
mapping-runs-nothing = sin publicar todavía
mapping-draft = Borrador
mapping-draft-by = { $who }, { $at }
mapping-version = versión { $number }
mapping-file = el archivo configurado ({ $digest })
mapping-shipped = como vino con el programa
mapping-to-sync = A sus ejecuciones
mapping-copy-title = Comenzar con una copia
mapping-copy-help = Una copia es un mapeo propio, con vínculos propios.
mapping-copy = Copiar
mapping-tabs = Partes del mapeo
mapping-tab-fields = Campos
mapping-tab-history = Historial
mapping-tab-text = Texto
mapping-documents = Documentos
mapping-seek = Buscar un campo
mapping-seek-go = Buscar
mapping-pairs = { $count ->
    [one] Un par
   *[other] { $number } pares
}
mapping-pairs-none = Todavía no hay pares. Elija un campo de cada lado y únalos.
mapping-pair = Unir los campos elegidos
mapping-pair-help = Uno de VTiger, uno de Frappe.
mapping-paired = Los campos quedaron unidos en el borrador.
mapping-unpair = Quitar el par de
mapping-unpaired = El par se quitó del borrador.
mapping-choose-both = Elija un campo de VTiger y uno de Frappe.
mapping-mandatory = Sin él se rechaza el registro
mapping-taken = unido
mapping-no-fields = No hay campos para elegir.
mapping-needed = Frappe rechaza un documento sin estos campos, y todavía nada los llena:
mapping-unreadable = El texto no se puede leer como mapeo:
mapping-way-both = en ambos sentidos
mapping-way-to-frappe = solo hacia Frappe
mapping-way-to-vtiger = solo hacia VTiger
mapping-holds-text = texto
mapping-holds-integer = número entero
mapping-holds-decimal = número
mapping-holds-boolean = sí o no
mapping-holds-date = fecha
mapping-holds-datetime = fecha y hora
mapping-holds-rows = filas
mapping-holds-choice = { $count ->
    [one] una de 1 palabra
   *[other] una de { $number } palabras
}
mapping-holds-reference = referencia a { $kinds }
mapping-told-bad = Error:
mapping-told-warn = Puede fallar:
mapping-text = El texto del mapeo
mapping-line = línea { $line }
mapping-save = Guardar el borrador
mapping-saved = El borrador está guardado.
mapping-wrong = Qué está mal, o puede salir mal
mapping-nothing-wrong = No hay nada mal.
mapping-compare = Comparar
mapping-where = Dónde
mapping-before = Antes
mapping-after = Después
mapping-no-difference = Significan lo mismo.
mapping-incomparable = Uno de los dos no es un mapeo; no se pueden comparar.
mapping-differences = { $count ->
    [one] Una diferencia
   *[other] { $number } diferencias
}
mapping-publish = Publicar
mapping-publish-changes = Qué cambia para las ejecuciones
mapping-publish-first = Se ejecutará por primera vez. No se escribe nada antes de que alguien lo ejecute o le dé un horario.
mapping-publish-not = No se puede publicar antes de corregir lo que está mal.
mapping-publish-all-the-same = Aun así se puede publicar; lo que se nombra aquí impide su ejecución, o la de algunos registros, hasta que se corrija.
mapping-publish-help = Las ejecuciones que comiencen desde ahora se rigen por él. Donde diga otra cosa que antes, pasan una vez por todos los registros.
mapping-published = Está publicado. La próxima ejecución se rige por él.
mapping-note = De qué trata esta versión
mapping-no-draft = No hay borrador que publicar.
mapping-drop = Descartar el borrador
mapping-drop-confirm = ¿Descartar el borrador? Se pierde lo que se cambió en él.
mapping-dropped = El borrador está descartado.
mapping-versions = Versiones
mapping-versions-none = Aquí todavía no se ha publicado nada.
mapping-version-number = Versión
mapping-who = Por
mapping-when = Cuándo
mapping-what-changed = Qué cambió
mapping-roll-back = Volver a ella
mapping-roll-back-confirm = ¿Publicar este texto otra vez, como versión nueva?
mapping-rolled-back = El texto anterior está publicado otra vez, como versión nueva.
mapping-back-to = De vuelta a { $what }
mapping-silent = Sus campos no se pueden mostrar ahora:
mapping-is-fixed = La configuración toma este mapeo del archivo { $file }: se puede cambiar allí, o copiar aquí.
mapping-moved = Otra persona cambió el borrador mientras tanto. Véalo como está ahora y cambie lo que falte cambiar.
mapping-other-name = el texto dice que el mapeo se llama { $said }; aquí es { $name }
mapping-has-problems = { $count ->
    [one] Hay un error.
   *[other] Hay { $number } errores.
}
mapping-slip-name = Use letras minúsculas, cifras, - y _, y una letra al comienzo.
mapping-slip-taken = Ya hay un mapeo con este nombre.
mapping-slip-empty = Esto hace falta.
mapping-slip-long = Esto tiene más de 200 caracteres.
mapping-slip-note = Diga en pocas palabras de qué trata.
mapping-edit-syntax = El texto no se puede cambiar por partes, porque no es TOML: { $message }
mapping-edit-not-there = No hay { $what } en el mapeo como está ahora.
mapping-edit-there = Ya hay { $what }.
mapping-edit-form = «{ $key }» está escrito de una manera que solo el texto mismo puede cambiar.
