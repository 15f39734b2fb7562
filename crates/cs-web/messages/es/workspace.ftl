workspace-attention = Lo que requiere atención
workspace-conflicts = { $count ->
    [one] conflicto por decidir
   *[other] conflictos por decidir
}
workspace-troubles = { $count ->
    [one] unidad con error
   *[other] unidades con error
}
workspace-findings = { $count ->
    [one] hallazgo por revisar
   *[other] hallazgos por revisar
}
workspace-runs = Últimas ejecuciones
workspace-no-runs = Aún no se ha ejecutado nada. Inicie una sincronización o suba el reporte de una compañía.
workspace-health = Conexiones
workspace-new-report = Nuevo reporte
workspace-run-sync = Sincronizar
workspace-to-findings = Hallazgos
workspace-period = Días de las gráficas
workspace-synced-title = Company Sync Data
workspace-synced = Resultado de las ejecuciones, día por día: de acuerdo, escritos, en espera
workspace-in-step = De acuerdo
workspace-written = Escritos
workspace-waiting = En espera
workspace-waiting-run = Esperan una ejecución
workspace-waiting-person = Esperan a una persona
workspace-stand = En qué están los registros ahora
workspace-shares = Proporciones
workspace-errors-title = Sync Error Logs
workspace-errors = Hallazgos vistos por primera vez y unidades con error, día por día
workspace-new-findings = Hallazgos nuevos
workspace-failed-units = Unidades con error
workspace-by-review = Hallazgos abiertos por revisión
workspace-by-kind = Hallazgos abiertos por tipo
workspace-by-company = Hallazgos abiertos por compañía
workspace-by-cause = Unidades con error por causa
workspace-top = { $count ->
    [one] Máximo { $number } por día
   *[other] Máximo { $number } por día
}
workspace-as-table = Como tabla
workspace-day = Día
workspace-nothing-then = En estos días no pasó nada.
workspace-not-configured = Sin configurar
workspace-connection-do = Las ejecuciones que la necesitan fallan hasta que responda otra vez.
workspace-connection-test = Ver su configuración y probarla
