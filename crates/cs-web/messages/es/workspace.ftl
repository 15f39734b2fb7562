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
run-what = Qué
run-started = Inicio
run-read = Leídas
run-failed = Con error
