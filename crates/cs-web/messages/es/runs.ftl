runs-title = Ejecuciones
runs-what = Qué
runs-any = Todos
runs-from = Desde
runs-to = Hasta
runs-filter = Mostrar
runs-none = Ninguna ejecución coincide.
runs-none-do = Inicie una en VTiger Sync.
runs-older = Anteriores
runs-started = Inicio
runs-ended = Fin
runs-took = Duración
runs-read = Leídas
runs-written = Escritas
runs-asked-by = Solicitada por
runs-id = Ejecución
runs-to-mapping = Ir al mapeo
runs-parts = Partes de esta ejecución
runs-overview = Resumen
runs-journal = Lo que escribió
runs-all = Todas las ejecuciones
runs-progress = Avance
runs-balance = Balance
runs-verdict = Qué pasó con ellas
runs-units = Unidades
runs-sum = Suma
runs-adds-up = Cada unidad leída está contada
runs-adding = Todavía se cuenta
runs-adds-not-up = No cuadra
runs-requests = Solicitudes
runs-system = Sistema
runs-reads = Lecturas
runs-writes = Escrituras
runs-log = Bitácora
runs-log-earlier = Solo se muestra el final.
runs-log-all = Toda la bitácora
runs-log-none = No se anotó nada.
runs-log-when = Cuándo
runs-log-kind = Qué
runs-log-record = Registro
runs-log-text = Qué pasó
page-before = Anterior
page-after = Siguiente
page-first = Primera página
actions = Acciones
writes-total = { $count ->
    [one] { $number } escritura de la ejecución del
   *[other] { $number } escrituras de la ejecución del
}
runs-of-company = Reporte de { $company }
writes-none = Esta ejecución no escribió nada.
writes-what = Qué
writes-where = Dónde
writes-unit = Unidad
writes-fields = Campos
writes-fields-count = { $count ->
    [one] { $number } campo
   *[other] { $number } campos
}
writes-open = En camino
writes-settled = Hecha
writes-dropped = No entró
value-empty = (vacío)
value-yes = sí
value-no = no
value-document = el documento «{ $role }» de esta unidad
verdict-created = Creada
verdict-updated = Actualizada
verdict-unchanged = Al día
verdict-skipped = Excluida
verdict-conflicted = En conflicto
verdict-failed = Con error
balance-created = Creadas
balance-updated = Actualizadas
balance-unchanged = Al día
balance-skipped = Excluidas
balance-conflicted = En conflicto
balance-failed = Con error
write-create = Crear
write-update = Actualizar
write-delete = Eliminar
write-amend = Enmendar
verb-create = Se creó
verb-update = Se actualizó
verb-delete = Se eliminó
verb-amend = Se enmendó
log-kind-run-started = Inicio
log-kind-recovered = Recuperación
log-kind-redefined = Redefinido
log-kind-pulled = Lectura
log-kind-counted = Censo
log-kind-searched = Búsqueda de parejas
log-kind-expecting = Previsto
log-kind-written = Documento
log-kind-recorded = Registro
log-kind-given-up = Desvinculado
log-kind-renamed = Renombrado
log-kind-adopted = Vinculado
log-kind-unit-done = Unidad
log-kind-retrying = Otra vez
log-kind-run-ended = Fin
log-run-started = Empezó la ejecución: { $mapping }
log-recovered = Escrituras que una ejecución anterior dejó abiertas: { $settled } habían llegado; { $dropped } no, y se deciden de nuevo
log-redefined = { $count ->
    [one] El mapeo o su configuración cambió: se revisa otra vez { $number } unidad
   *[other] El mapeo o su configuración cambió: se revisan otra vez { $number } unidades
}
log-pulled = Cambios de { $unit } leídos: { $seen } registros hasta ahora
log-counted = { $unit } contado: { $seen } registros hasta ahora
log-searched = { $unit }/{ $role }: { $seen } registros revisados en busca de parejas
log-expecting = { $count ->
    [one] { $number } unidad por recorrer
   *[other] { $number } unidades por recorrer
}
log-written = { $verb } { $document } ({ $role })
log-recorded = { $verb } { $record } en VTiger
log-given-up = Se abandonó el vínculo con { $document } ({ $role })
log-renamed = { $from } ahora se llama { $to }; su vínculo lo sigue
log-adopted = { $document } ({ $role }) ya estaba y se vinculó
log-retrying = Una solicitud se repite en { $seconds } s
log-run-ended = { $status }: { $read } leídas, { $written } escritas, { $conflicted } en conflicto, { $failed } con error
# Lo que el motor dice de sus propios códigos, donde se actúa en estas páginas; los demás hablan por sí mismos.
failure-delete-brake = Se eliminaron en un lado más registros de los que una ejecución sigue sin preguntar.
failure-delete-brake-remedy = Verifique si de verdad se eliminaron (un permiso perdido se ve igual). Si es así, apruebe las eliminaciones en la página del mapeo.
failure-run-cancelled = Alguien la detuvo. La unidad en curso se terminó, las demás esperan como estaban.
failure-run-cancelled-remedy = Iníciela de nuevo cuando quiera: sigue donde se detuvo.
failure-run-timed-out = Tomó más que su tiempo límite. La unidad en curso se terminó, las demás esperan como estaban.
failure-run-timed-out-remedy = Iníciela de nuevo: sigue donde se detuvo. Si siempre tarda tanto, dele más tiempo.
failure-run-parked = El programa se cerró. La unidad en curso se terminó, las demás esperan como estaban.
failure-run-parked-remedy = No hay que hacer nada: sigue sola cuando el programa vuelva a funcionar.
failure-conflict-field-remedy = Decida en Conflictos qué valor vale.
failure-conflict-shared-remedy = Decida en Conflictos cuál de los dos registros está bien.
failure-conflict-delete-edit-remedy = Decida en Conflictos si vale la edición o la eliminación.
failure-conflict-ambiguous-remedy = Indique en Conflictos qué documento es.
failure-conflict-taken-remedy = Vea en Conflictos qué registro tiene el documento y qué recibe este.
failure-reconcile-held-remedy = Revise el reporte: ¿es el archivo correcto, de la compañía y el bróker correctos, y está completo? Si es así, use «Aprobar y ejecutar» en la página de la sincronización. No se escribió ni se guardó nada.
failure-mapping-unfit-remedy = Vea en la página del mapeo qué falta.
failure-plan-moved-remedy = El registro ya no está como en la simulación. Haga otra simulación, revísela y apruebe esa.
