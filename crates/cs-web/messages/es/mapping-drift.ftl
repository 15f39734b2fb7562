log-kind-drifted = Campo cambiado
log-drifted = { $what }. { $verdict }

drift-kind-vanished = { $system } ya no muestra { $kind }
drift-kind-vanished-remedy = Active { $kind } otra vez en { $system } y permita que el usuario de Company Sync lo vea, o quite la unidad del mapeo.
drift-field-vanished = { $field } de { $kind } en { $system } ya no existe
drift-field-vanished-remedy = Restablezca el campo, indique otro en el mapeo o quite su regla.
drift-relabelled = { $field } de { $kind } en { $system } ahora se llama «{ $to }»
drift-relabelled-remedy = Escriba en el mapeo el nombre de API del campo o su nueva etiqueta.
drift-type-changed = { $field } de { $kind } en { $system } era { $from } y ahora es { $to }
drift-type-changed-remedy = Revise si sus valores todavía significan lo mismo, agregue una transformación a la regla si hace falta y publique el mapeo.
drift-choice-lost = { $field } de { $kind } en { $system } perdió de su lista: { $lost }
drift-choice-lost-remedy = Agregue la opción otra vez a la lista o indique otra en el mapeo.
drift-choice-lost-unused-remedy = Revise si todavía hay registros con esa opción; si los hay, agréguela otra vez a la lista.
drift-became-mandatory = { $field } de { $kind } en { $system } ahora es obligatorio y ninguna regla lo llena
drift-became-mandatory-remedy = Agregue una regla que llene el campo o hágalo opcional en { $system }.
drift-not-writable = { $field } de { $kind } en { $system } ya no se puede escribir
drift-not-writable-remedy = Dé al usuario de Company Sync permiso para escribirlo o deje la regla en un solo sentido.
drift-shortened = { $field } de { $kind } en { $system } admite { $to } caracteres; antes admitía { $from }
drift-shortened-remedy = Alargue el campo otra vez o acorte en su origen los textos que ya no caben.

drift-verdict-stop = Las ejecuciones se detienen
drift-verdict-skip-field = Las ejecuciones siguen sin él
drift-verdict-go-on = Las ejecuciones siguen
drift-did-stop = La ejecución se detuvo
drift-did-skip-field = Siguió sin el campo
drift-did-go-on = Siguió

field-type-text = texto
field-type-whole-number = un número entero
field-type-decimal-number = un número decimal
field-type-checkbox = una casilla
field-type-date = una fecha
field-type-point-in-time = una fecha y hora
field-type-choice = una lista
field-type-reference = una referencia
field-type-table = una tabla

mapping-tab-drift = Campos cambiados
drift-title = Lo que cambió en los dos sistemas
drift-about = Antes de cada ejecución, los campos que usa el mapeo se comparan con lo que eran cuando se ejecutó por última vez.
drift-looked-at = Última revisión: { $at }.
drift-look = Revisar ahora
drift-looked = Se consultó a ambos sistemas.
drift-what = Cambio
drift-then = Ejecuciones
drift-where = Dónde
drift-none = Nada de lo que usa este mapeo ha cambiado.
drift-never-ran = Este mapeo todavía no se ha ejecutado. Con la primera ejecución se anota cómo son sus campos.
drift-does-not-run = Este mapeo todavía no se ejecuta: publíquelo primero.
drift-accept = Aceptar estos cambios
drift-accept-help = Quien los acepta dice que las cosas deben ser así. Un campo que no existe sigue siendo un error hasta que el mapeo deje de nombrarlo.
drift-accept-confirm = ¿Tomar todos estos cambios como el estado normal de ahora en adelante?
drift-accepted = Los cambios fueron aceptados.
runs-drifts = { $count ->
    [one] Había cambiado un campo que usa el mapeo
   *[other] Habían cambiado { $number } campos que usa el mapeo
}
runs-drifts-about = Antes de la ejecución se compararon los campos que usa el mapeo con lo que eran antes, y se encontró esto.
runs-drifts-see = Aceptar o corregir
mapping-publish-drift = Lo que cambió en los dos sistemas
mapping-publish-drift-about = Desde la última ejecución del mapeo, estos campos que usa el borrador ya no son lo que eran.
mapping-publish-accept = { $count ->
    [one] Aceptar este cambio con la versión
   *[other] Aceptar estos { $number } cambios con la versión
}
mapping-publish-accept-help = Lo que los sistemas dicen ahora pasa a ser con lo que se comparan las próximas ejecuciones. De lo contrario, estas siguen deteniéndose, dejando fuera el campo o avisando, según indique el mapeo.
mapping-published-accepted = Se publicó, y se aceptaron los cambios en los dos sistemas.
mapping-published-not-accepted = Se publicó. No se pudieron aceptar los cambios en los dos sistemas porque uno no respondió: acéptelos en «Campos cambiados».
workspace-drift = { $count ->
    [one] { $number } campo del mapeo cambió en su sistema
   *[other] { $number } campos del mapeo cambiaron en sus sistemas
}
