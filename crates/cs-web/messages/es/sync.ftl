sync-none = No hay ningún mapeo. Haga uno en Mapeos.
sync-all = Todos los mapeos
sync-run-now = Ejecutar ahora
sync-dry-run = Simular
sync-dry-run-help = La simulación decide todo y no escribe nada. Usted ve cada cambio, antes y después, y puede aprobar exactamente eso.
sync-run = Ejecutar
sync-full = Todos los registros
sync-full-help = Revisa cada registro otra vez, haya cambiado o no. Toma más tiempo.
sync-retired = Está retirado: vuelve a ejecutarse cuando alguien lo reanude en la página del mapeo.
sync-to-mapping = A sus campos
sync-full-short = todos los registros
sync-census = Con censo
sync-census-help = Cuenta lo que hay en ambos lados: encuentra lo eliminado y los cambios que nadie anunció.
sync-census-short = censo
sync-may-not = Su función no permite ejecutar.
sync-started = Empezará en un momento.
sync-already = La misma ejecución ya está en marcha.
sync-cancel = Detener
sync-cancelled = Se detiene en cuanto termine la unidad en curso.
sync-cancel-confirm = ¿Detener? La unidad en curso se termina; las demás esperan como están.
sync-stopping = Se detiene después de la unidad en curso…
sync-follow-log = Bitácora de la ejecución
sync-to-plan = Ver la simulación
sync-last-run = Última ejecución
sync-next-run = Próxima ejecución
sync-never = Nunca se ha ejecutado.
sync-no-schedule = Solo a mano; no hay horario.
sync-expected = de
sync-fell = Lo último que se pidió no pudo empezar.
sync-goes-on = Se interrumpió al { $percent } % y sigue desde ahí; estas cuentas empiezan de nuevo.
sync-in-step = al día
sync-waiting = esperan la próxima ejecución
sync-conflicted = en conflicto
sync-failed = con error
sync-skipped = excluidas
sync-unfit = Así como está no se puede ejecutar.
sync-unfit-see = Ver qué falta
sync-problems = El archivo del mapeo no es correcto:
sync-missing = Valores de configuración que el mapeo necesita y no tiene:
sync-missing-do = Completarlos
sync-connects = Lo que conecta
sync-history = Historial
sync-history-none = Todavía no se ha ejecutado. Una simulación muestra lo que haría la primera ejecución.
sync-dry-runs = Simulaciones
sync-what-run = Ejecución
sync-what-full = Ejecución sobre todos los registros
sync-what-census = Ejecución con censo
sync-what-dry-run = Simulación
sync-what-apply = Ejecución de una simulación aprobada
sync-what-other = Conciliación
sync-brake = { $count ->
    [one] { $number } unidad espera: su registro se eliminó en un lado.
   *[other] { $number } unidades esperan: sus registros se eliminaron en un lado.
}
sync-brake-why = Son más de los que una ejecución sigue sin preguntar. Verifique si de verdad se eliminaron: un permiso perdido se ve igual.
sync-brake-see = Ver cuáles
sync-brake-follow = { $count ->
    [one] Seguir hasta { $number } eliminación
   *[other] Seguir hasta { $number } eliminaciones
}
sync-brake-confirm = { $count ->
    [one] ¿Ejecutar ahora y eliminar hasta { $number } registro en el otro lado?
   *[other] ¿Ejecutar ahora y eliminar hasta { $number } registros en el otro lado?
}
sync-schedule = Horario
sync-schedule-none = Solo se ejecuta cuando alguien lo inicia. Agregue un horario para que se ejecute solo.
sync-schedule-add = Agregar
sync-schedule-new = Horario nuevo
sync-schedule-edit = Horario
sync-schedule-change = Editar
sync-schedule-name = Nombre
sync-schedule-when = Cuándo
sync-schedule-next = Próximas
sync-schedule-limits = Límites
sync-schedule-cron = Cuándo (minuto, hora, día, mes, día de la semana)
sync-schedule-cron-help = Cinco campos: «*/15 * * * *» es cada 15 minutos, «0 6 * * MON-FRI» es a las 6:00 de lunes a viernes. La hora es la de la agencia.
sync-schedule-minutes = Tiempo límite en minutos
sync-schedule-minutes-wrong = Un número entero de minutos, de 1 a 1440.
sync-schedule-attempts = Intentos
sync-schedule-attempts-wrong = Un número entero de 1 a 10.
sync-schedule-missed = Si se perdió una hora
sync-schedule-once = Ejecutar una vez, lo antes posible
sync-schedule-skip = Esperar la próxima
sync-schedule-limit = { $count ->
    [one] { $number } minuto como máximo
   *[other] { $number } minutos como máximo
}
sync-schedule-tries = { $count ->
    [one] { $number } intento
   *[other] { $number } intentos
}
sync-schedule-enabled = Activo
sync-schedule-is-on = Activo
sync-schedule-is-off = Inactivo
sync-schedule-enable = Activar
sync-schedule-disable = Desactivar
sync-schedule-remove = Quitar
sync-schedule-remove-confirm = ¿Quitar este horario? Sus ejecuciones quedan en el historial.
sync-schedule-save = Guardar
sync-schedule-look = Ver las horas
sync-schedule-back = Cancelar
sync-schedule-saved = El horario quedó guardado.
sync-schedule-on = El horario está activo.
sync-schedule-off = El horario está inactivo.
sync-schedule-removed = El horario se quitó.
sync-schedule-taken = Ya hay un horario con este nombre.
sync-schedule-name-wrong = Un nombre tiene de 1 a 60 caracteres.
sync-cron-fields = Un horario tiene cinco campos (minuto, hora, día, mes, día de la semana); este tiene { $found }.
sync-cron-field = «{ $text }» no sirve como { $what }. Puede llevar { $holds }, con *, comas, - y /.
sync-cron-never = Ese día nunca llega: revise el día y el mes.
sync-cron-minute = minuto
sync-cron-minute-holds = de 0 a 59
sync-cron-hour = hora
sync-cron-hour-holds = de 0 a 23
sync-cron-day = día del mes
sync-cron-day-holds = de 1 a 31, o L para el último día del mes
sync-cron-month = mes
sync-cron-month-holds = de 1 a 12, o de JAN a DEC
sync-cron-weekday = día de la semana
sync-cron-weekday-holds = de 0 a 7 (0 y 7 son domingo), o de SUN a SAT
plan-title = Simulación de { $mapping }
plan-nothing-written = No se escribió nada.
plan-going = No se escribe nada. Cuando esté lista, aquí se muestra lo que haría.
plan-ready = La simulación está lista: vea lo que haría.
plan-read = unidades revisadas
plan-unit-created = se crearía
plan-unit-updated = se cambiaría
plan-unit-failed = fallaría
plan-created = se crearían
plan-updated = se cambiarían
plan-deleted = se eliminarían
plan-failed = fallarían
plan-approve-title = Llevarla a cabo
plan-cost = Unos { $time } y { $requests } solicitudes:
plan-deletes = { $count ->
    [one] En { $number } unidad se eliminaría algo.
   *[other] En { $number } unidades se eliminaría algo.
}
plan-deletes-see = Ver cuáles
plan-approve = Aprobar y llevar a cabo
plan-approve-help = Se hace exactamente lo que aquí se muestra. Lo que haya cambiado desde entonces no se toca y se informa.
plan-confirm = { $count ->
    [one] ¿Escribir { $number } unidad como se muestra?
   *[other] ¿Escribir { $number } unidades como se muestra?
}
plan-confirm-deletes = { $count ->
    [one] En { $number } de ellas se elimina algo.
   *[other] En { $number } de ellas se elimina algo.
}
plan-applied = Aprobada por { $who } el { $when }.
plan-nothing = No hay nada que escribir.
plan-incomplete = No llegó a su fin, por eso no se puede aprobar. Inicie otra simulación.
plan-filter = Qué se muestra
plan-show-writes = Escrituras
plan-show-conflicts = Conflictos y errores
plan-show-deletes = Eliminaciones
plan-show-all = Todo
plan-none = No hay nada de este tipo.
plan-none-yet = Hasta aquí no hay nada de este tipo; la página siguiente sigue buscando.
plan-departure = Se eliminó en { $system }.
plan-not-selected = Excluida: el mapeo no la selecciona.
plan-not-there = Excluida: el registro ya no está.
plan-not-new = Excluida: el documento ya pertenece a un registro, o el mapeo no lo lleva a VTiger.
plan-create = Crear
plan-update = Cambiar
plan-delete = Eliminar
plan-link = Vincular
plan-unlink = Desvincular
plan-finish = Completar
plan-amend = Enmendar
mapping-about-policy = Pólizas: un Sales Order con varios documentos vinculados
mapping-about-crm = CRM: organizaciones, personas y productos
