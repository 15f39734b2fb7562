# Correos sobre el final de una tarea.
notice-run-failed = Company Sync: { $title } falló
notice-brake = Company Sync: { $title } espera aprobación: muchas eliminaciones
notice-drift = Company Sync: { $title } espera aprobación: un reporte fuera de lo común
notice-changed-field = Company Sync: { $title } encontró un campo que ya no es lo que era
notice-invalid-share = Company Sync: { $title } tiene muchas filas que no se pueden leer
notice-cause = Qué pasó: { $what }
notice-remedy = Qué hacer: { $what }
notice-page = Véalo en: { $what }
