setup-title = Instalación
setup-progress = Paso { $number } de { $of }
setup-welcome = Bienvenido a Company Sync
setup-first-help = Usted es la primera persona aquí. Será administrador del sistema: administra a las personas y todo lo demás.
setup-code = Código de instalación
setup-code-help = El programa lo mostró al iniciarse.
setup-wrong-code = No es el código que mostró el programa.
setup-closed = Nadie puede entrar todavía, y este servicio se inició sin código de instalación. Inícielo con «company-sync serve» y abra la dirección que muestra.
setup-taken = Alguien ya hizo la instalación. Entre con su cuenta.
setup-step-person = Usted
setup-step-vtiger = VTiger
setup-step-frappe = Frappe
setup-step-database = Base de datos de VTiger
setup-step-check = Verificación
setup-step-run = Primera simulación
setup-go-on = Continuar
setup-save-go-on = Guardar y continuar
setup-later = Más tarde
setup-without = Sin base de datos
setup-more = Más opciones
setup-sandbox-title = ¿Solo quiere probarlo?
setup-sandbox-help = El entorno de prueba reemplaza a ambos sistemas, con personas inventadas. Nada sale de esta máquina.
setup-sandbox-try = Probar con el entorno de prueba
setup-sandbox-used = El entorno de prueba hace de VTiger y de Frappe.
setup-vtiger-help = La dirección de su VTiger, un usuario con permisos sobre los módulos y la clave de acceso de ese usuario (en VTiger, en Mis preferencias).
setup-frappe-help = La dirección de su Frappe, y la clave y el secreto de API de un usuario con permisos sobre los DocTypes (en Frappe, en Usuario, Acceso a la API).
setup-database-help = Opcional. Un usuario que solo lea la base de datos de VTiger acelera las conciliaciones. Todo funciona sin ella.
setup-check-again = Verificar de nuevo
setup-created = Lo que se creó
setup-moved = Lo que falta cambió desde que se mostró. Revíselo de nuevo. No se creó nada.
setup-missing = Todavía necesita estos valores: { $settings }.
setup-nothing-lacking = Frappe tiene todo lo que necesita
setup-unknown = Se sabrá cuando Frappe responda
setup-lacking = { $count ->
    [one] Falta una cosa en Frappe. Se crearía exactamente esta:
   *[other] Faltan { $number } cosas en Frappe. Se crearían exactamente estas:
}
setup-lacking-what = Qué
setup-lacking-purpose = Para qué sirve
setup-purpose-field = { $role }: corresponde a { $fields } en VTiger
setup-purpose-fixed = { $role }: lleva un valor fijo
setup-purpose-key = { $role }: dice a qué registro de VTiger pertenece
setup-purpose-document = Guarda los documentos: { $role }
setup-lacking-sent = Lo que se envía
setup-lacking-show = Mostrar
setup-lacking-doctype = DocType
setup-lacking-field = Campo personalizado
setup-lacking-foreign = No se puede crear aquí
setup-create = Crearlo en Frappe
setup-create-sure = { $count ->
    [one] ¿Crear una cosa en Frappe?
   *[other] ¿Crear { $number } cosas en Frappe?
}
setup-run-help = Una simulación lee ambos sistemas, decide qué se escribiría y no escribe nada. Revise lo que haría antes de empezar de verdad.
setup-mapping = Mapeo
setup-last-dry-run = Última simulación
setup-start = Iniciar una simulación
setup-none-yet = todavía ninguna
setup-not-fit = Faltan valores
setup-finish = Terminar la instalación
setup-finish-help = Todo se puede cambiar después en Configuración.
setup-finished = La instalación está terminada.
setup-is-finished = La instalación está terminada.
setup-unfinished = La instalación no está terminada.
