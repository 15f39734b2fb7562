# Lo que está mal en un mapeo, y lo que sería correcto. El inglés está en cs-domain (mapping/rules.rs, misfits.rs, phrases.rs);
# una prueba comprueba que aquí esté cada frase, con lo que lleva dentro. Las palabras del archivo quedan como son.
mapping-says-did-you-mean = ¿quiso decir `{ $near }`?
mapping-says-known-here = aquí se conocen: { $all }
mapping-says-none-known = no hay ninguno

mapping-says-a-mapping = un mapeo
mapping-says-a-setting = un ajuste
mapping-says-a-unit = una unidad
mapping-says-create-in-vtiger = `create_in_vtiger`
mapping-says-a-document = un documento
mapping-says-an-operand = un valor de comparación
mapping-says-a-condition = una condición
mapping-says-a-match-part = una parte de una clave de búsqueda
mapping-says-a-check = una comprobación
mapping-says-a-delete-policy = una política de eliminación
mapping-says-a-mark = una marca
mapping-says-a-rule = la regla de un campo
mapping-says-a-transform = una transformación
mapping-says-otherwise = `otherwise`
mapping-says-a-row = una fila
mapping-says-a-column = una columna

mapping-says-a-table = una tabla
mapping-says-a-list = una lista
mapping-says-a-text = un texto
mapping-says-a-quoted-text = un texto entre comillas
mapping-says-a-whole-number = un número entero
mapping-says-a-count = un número entero desde 0
mapping-says-a-decimal-number = un número con decimales
mapping-says-a-flag = true o false
mapping-says-a-moment = una fecha u hora
mapping-says-a-scalar = un texto, un número, una fecha, o true o false
mapping-says-a-vtiger-field = un campo de VTiger: su nombre de API, su número cf o su etiqueta
mapping-says-one-of = una de estas palabras: { $words }
mapping-says-units-list = una lista de tablas, cada una con el encabezado [[unit]]
mapping-says-documents-list = una lista de tablas, cada una con el encabezado [[unit.document]]
mapping-says-ways-list = una lista de listas: cada lista interior es una manera de encontrarlo

mapping-says-name-of-mapping = el nombre de un mapeo
mapping-says-name-of-setting = el nombre de un ajuste
mapping-says-name-of-unit = el nombre de una unidad
mapping-says-role-of-document = el papel de un documento
mapping-says-title-of-mapping = el título del mapeo
mapping-says-help-of-setting = la explicación de un ajuste (`help`)
mapping-says-module-of-unit = el módulo de la unidad
mapping-says-doctype-of-document = el DocType del documento
mapping-says-field-of-external-id = el campo del identificador externo
mapping-says-field-of-mark = el campo de una marca
mapping-says-name-of-frappe-field = el nombre de un campo de Frappe
mapping-says-table-of-row = la tabla de una fila

mapping-says-a-constant = una constante
mapping-says-name-of-document = el nombre de un documento
mapping-says-add-last-four = agregue aquí también transform = "last_four"
mapping-says-use-another-field = use aquí otro campo
mapping-says-built-without = se construyó sin ninguna: docs/EXTENDING.md dice cómo agregar una

mapping-says-module = ningún módulo
mapping-says-doctype = ningún DocType
mapping-says-install = Instálelo o actívelo en { $system }, y dé al usuario del producto el derecho de leerlo.
mapping-says-mean-kind = ¿Quiso decir `{ $near }`?
mapping-says-mean-field = ¿Quiso decir { $name } ({ $label })?
mapping-says-look-number-up = Busque el número en VTiger, o nombre el campo por su etiqueta.
mapping-says-create-or-correct = Cree el campo en { $kind }, o corrija el nombre en el mapeo.
mapping-says-either = { $one } o { $other }
mapping-says-of-type = { $held }
mapping-says-type-text = un texto
mapping-says-type-integer = un número entero
mapping-says-type-decimal = un número con decimales
mapping-says-type-boolean = una casilla
mapping-says-type-date = una fecha
mapping-says-type-moment = una fecha con hora
mapping-says-type-choice = una opción de una lista
mapping-says-type-reference = una referencia
mapping-says-type-rows = una tabla
mapping-says-type-other = un campo de un tipo que el producto no conoce

mapping-says-not-toml = esto no es TOML: { $error }
mapping-says-not-toml-help = vea en https://toml.io cómo se escribe
mapping-says-newer-format = este mapeo está escrito en el formato { $format }, para un programa más nuevo
mapping-says-newer-format-help = este programa lee el formato { $known }: instale uno más nuevo
mapping-says-no-such-format = no hay un formato { $format }
mapping-says-no-such-format-help = escriba `format = { $known }`
mapping-says-wrong-type = `{ $name }` debe ser { $expected }, y esto es { $found }
mapping-says-missing-key = a { $what } le falta la clave `{ $key }`
mapping-says-missing-key-help = agregue `{ $key } = ...`
mapping-says-unknown-key = { $what } no tiene ninguna clave `{ $key }`
mapping-says-unknown-key-help = { $near }
mapping-says-unknown-word = `{ $name }` no puede ser "{ $word }"
mapping-says-unknown-word-help = { $near }

mapping-says-name-form = "{ $name }" no puede ser { $what }
mapping-says-name-form-help = use letras minúsculas, cifras, `-` y `_`, y una letra al comienzo
mapping-says-empty = falta { $what }: no dice nada
mapping-says-empty-vtiger-field = falta el nombre de un campo de VTiger
mapping-says-empty-vtiger-field-help = escriba su nombre de API, su número cf o su etiqueta
mapping-says-empty-frappe-field = falta el nombre de un campo de Frappe
mapping-says-empty-frappe-field-help = escriba su nombre o su etiqueta
mapping-says-no-units = el mapeo no tiene unidades
mapping-says-no-units-help = agregue una [[unit]]
mapping-says-other-name = el texto dice que el mapeo se llama { $said }; aquí es { $name }
mapping-says-other-name-help = { $near }
mapping-says-unit-twice = ya hay una unidad `{ $name }`
mapping-says-unit-twice-help = dé otro nombre a una de las dos
mapping-says-no-documents = la unidad `{ $unit }` no tiene documentos
mapping-says-no-documents-help = agregue un [[unit.document]]
mapping-says-role-twice = ya hay un documento con el papel `{ $name }`
mapping-says-role-twice-help = dé otro nombre a uno de los dos
mapping-says-setting-unused = el ajuste `{ $name }` está declarado y nada lo usa
mapping-says-setting-unused-help = quítelo, o úselo con {"{"} setting = "..." {"}"}
mapping-says-setting-with-default = el ajuste `{ $name }` es obligatorio y tiene un valor predeterminado
mapping-says-setting-with-default-help = con un valor predeterminado nunca le falta a una ejecución: quite uno de los dos
mapping-says-setting-unknown = ningún ajuste se llama `{ $name }`
mapping-says-setting-unknown-help = { $near }; los ajustes se declaran como [settings.{ $name }]
mapping-says-keyed-without-key = `keyed`, pero sin clave de búsqueda
mapping-says-keyed-without-key-help = nombre los campos que dicen qué es el documento: match = [["bank_name"]]
mapping-says-empty-match-key = una clave de búsqueda no nombra ningún campo
mapping-says-empty-match-key-help = nombre los campos que deben ser iguales: match = [["first_name", "last_name"]]
mapping-says-only-if-known = lo que solo cuenta si se sabe no encuentra nada por sí solo
mapping-says-only-if-known-help = agregue un campo que deba ser igual: ["last_name", {"{"} if_known = "email_id" {"}"}]
mapping-says-check-of-one = una comprobación dice exactamente una cosa
mapping-says-check-of-one-help = escriba {"{"} not_in_future = "..." {"}"} o {"{"} required = "..." {"}"}
mapping-says-mark-of-nothing = una marca no contiene nada
mapping-says-mark-of-nothing-help = diga qué contiene el campo desde entonces: {"{"} field = "disabled", value = 1 {"}"}

mapping-says-no-values = la lista de valores para { $field } está vacía
mapping-says-no-values-help = nombre los valores, o quite la condición
mapping-says-one-test = una condición tiene exactamente una prueba, y esta tiene { $count }
mapping-says-one-test-help = las pruebas son `in`, `not_in`, `equals`, `at_least`, `at_most` y `present`
mapping-says-number-of-frappe = { $number } no es un campo de Frappe: solo los campos de VTiger tienen números
mapping-says-number-of-frappe-help = escriba el nombre del campo o su etiqueta
mapping-says-no-role-to-create = ningún documento de la unidad `{ $unit }` tiene el papel `{ $role }`
mapping-says-no-role-to-create-help = { $near }
mapping-says-shared-stands-for-none = `{ $role }` tiene `{ $how } = true`, así que no puede representar un solo registro
mapping-says-shared-stands-for-none-help = nombre un documento que pertenezca a un solo registro
mapping-says-nothing-travels = ningún campo de `{ $role }` va hacia VTiger: el registro nuevo quedaría vacío
mapping-says-nothing-travels-help = quite direction = "to_frappe" de sus campos, o nombre otro documento
mapping-says-creation-key-in-use = { $key } guarda la clave de la creación, y la unidad lo nombra también en otra parte
mapping-says-creation-key-in-use-help = dé a la clave un campo propio que nada más en el mapeo nombre
mapping-says-never-new = `{ $field }` solo se da a registros nuevos de VTiger, y `{ $role }` no crea ninguno
mapping-says-never-new-help = agregue [unit.create_in_vtiger], o quite `on_create`

mapping-says-row-without-columns = una fila de la tabla `{ $table }` no tiene columnas
mapping-says-row-without-columns-help = diga qué contiene: columns = {"{"} ... {"}"}
mapping-says-exclusive-unknown = `exclusive` nombra `{ $column }`, y la fila no tiene esa columna
mapping-says-exclusive-unknown-help = { $near }
mapping-says-exclusive-unticked = `{ $column }` es exclusiva, y la fila no la marca
mapping-says-exclusive-unticked-help = solo una casilla es exclusiva: { $column } = {"{"} constant = true {"}"}
mapping-says-empty-constant = una constante no contiene nada
mapping-says-empty-constant-help = quite el campo: lo que no tiene regla no se toca
mapping-says-one-source = un valor viene de exactamente un lugar, y este tiene { $count }
mapping-says-one-source-help = escriba uno de `vtiger`, `constant`, `setting` y `document`
mapping-says-of-no-vtiger = `join`, `unit` y `role` pertenecen a `vtiger`, y aquí no hay ninguno
mapping-says-of-no-vtiger-help = quítelo
mapping-says-join-of-one = `join` dice qué va entre campos, y aquí hay uno solo
mapping-says-join-of-one-help = quítelo
mapping-says-when-empty-of-none = `when_empty` trata de un campo vacío de VTiger, y este valor viene de otra parte
mapping-says-when-empty-of-none-help = quítelo
mapping-says-no-vtiger-field = la lista de campos de VTiger está vacía
mapping-says-no-vtiger-field-help = nombre al menos uno
mapping-says-joined-twice = { $field } se une consigo mismo
mapping-says-joined-twice-help = nombre cada campo una sola vez
mapping-says-two-writers = dos campos de Frappe se escribirían en { $field }
mapping-says-two-writers-help = deje uno solo: dé a los demás direction = "to_frappe"
mapping-says-linked-by-half = `unit` y `role` van juntos: nombran un documento de otra unidad
mapping-says-linked-by-half-help = escriba ambos: {"{"} vtiger = "account_id", unit = "account", role = "customer" {"}"}
mapping-says-linked-by-several = una referencia a otra unidad está en un solo campo de VTiger, y aquí se nombran varios
mapping-says-linked-by-several-help = nombre solo el campo de referencia
mapping-says-one-way = { $what } nunca va hacia VTiger
mapping-says-one-way-help = quite `direction`, o escriba direction = "to_frappe"
mapping-says-deferred-without-document = solo una referencia a un documento de la unidad se puede dejar para el final
mapping-says-deferred-without-document-help = quite `deferred`, o escriba {"{"} document = "...", deferred = true {"}"}
mapping-says-deferred-and-on-create = un campo se da solo a documentos nuevos o se escribe al final, no ambas cosas
mapping-says-deferred-and-on-create-help = quite `on_create` o `deferred`
mapping-says-transform-of-no-field = las transformaciones trabajan con valores de campos de VTiger, y este valor viene de otra parte
mapping-says-transform-of-no-field-help = quite `transform`
mapping-says-join-without-way-back = los campos que se unen sin nada entre ellos no se pueden volver a separar
mapping-says-join-without-way-back-help = escriba join = " ", o direction = "to_frappe"
mapping-says-last-four-without-way-back = las últimas cuatro cifras de un número no tienen regreso hacia VTiger
mapping-says-last-four-without-way-back-help = escriba direction = "to_frappe"
mapping-says-own-without-way-back = `{ $name }` no tiene regreso hacia VTiger
mapping-says-own-without-way-back-help = escriba direction = "to_frappe"
mapping-says-default-never-used = un valor predeterminado entra en camino a Frappe, y este campo nunca va hacia allá
mapping-says-default-never-used-help = quite el valor predeterminado, o cambie el sentido
mapping-says-default-and-clear = un campo con valor predeterminado nunca llega vacío a Frappe, así que no se puede vaciar
mapping-says-default-and-clear-help = escriba when_empty = "keep", o quite el valor predeterminado

mapping-says-one-transform = una transformación hace exactamente una cosa, y esta hace { $count }
mapping-says-one-transform-help = escriba una de `date`, `phone`, `map`, `part`, `default` y `own`; varias transformaciones, como lista
mapping-says-own-unknown = este programa no tiene ninguna transformación propia "{ $name }"
mapping-says-own-unknown-help = { $near }
mapping-says-own-arguments = { $refusal }
mapping-says-own-arguments-help = `{ $name }`: { $about }
mapping-says-stray-key = `{ $key }` pertenece a `{ $owner }`, y aquí no hay ninguno
mapping-says-stray-key-help = quítelo
mapping-says-no-date-form = "{ $form }" no es una forma de escribir fechas
mapping-says-no-date-form-help = use %Y, %m y %d: "%m/%d/%Y" para 11/22/2026
mapping-says-date-not-read-back = las fechas escritas como "{ $form }" no se pueden volver a leer: "{ $text }"
mapping-says-date-not-read-back-help = use %Y, %m y %d: "%m/%d/%Y" para 11/22/2026
mapping-says-date-read-otherwise = { $day } escrita como "{ $form }" es "{ $text }", y eso se lee como { $read }
mapping-says-date-read-otherwise-help = use %Y, %m y %d: "%m/%d/%Y" para 11/22/2026
mapping-says-no-region = no se conocen números de teléfono del país "{ $region }"
mapping-says-no-region-help = { $near }
mapping-says-empty-default = un valor predeterminado no contiene nada
mapping-says-empty-default-help = quítelo
mapping-says-empty-map = la lista de palabras y parejas está vacía
mapping-says-empty-map-help = nombre las palabras de VTiger y las de Frappe: {"{"} M = "Male", F = "Female" {"}"}
mapping-says-empty-word = un valor vacío no es una palabra y no tiene pareja
mapping-says-empty-word-help = para un campo vacío de VTiger use {"{"} default = "..." {"}"}
mapping-says-word-twice = para VTiger, "{ $first }" y "{ $again }" son la misma palabra
mapping-says-word-twice-help = no cuentan mayúsculas ni acentos: deje una de las dos
mapping-says-not-one-to-one = "{ $word }" podría volver a VTiger como "{ $first }" o como "{ $other }"
mapping-says-not-one-to-one-help = dé a cada palabra su propia pareja, o escriba direction = "to_frappe"
mapping-says-map-without-way-back = las palabras que se volvieron "{ $word }" no tienen regreso hacia VTiger
mapping-says-map-without-way-back-help = escriba otherwise = "refuse", o direction = "to_frappe"
mapping-says-part-without-of = `part` necesita `of`
mapping-says-part-without-of-help = escriba cuántas partes hay: {"{"} part = 0, of = 2 {"}"}
mapping-says-part-of = un texto no se puede cortar en { $of } partes
mapping-says-part-of-help = `of` está entre 2 y { $most }
mapping-says-part-index = no hay parte { $index } de { $of }: las partes se cuentan desde 0
mapping-says-part-index-help = la última es { $last }
mapping-says-part-separator = el separador está vacío
mapping-says-part-separator-help = escriba qué va entre las partes

mapping-says-refers-to-itself = el documento `{ $role }` se refiere a sí mismo
mapping-says-refers-to-itself-help = nombre otro documento de la unidad
mapping-says-no-role = ningún documento de la unidad `{ $unit }` tiene el papel `{ $role }`
mapping-says-no-role-help = { $near }
mapping-says-no-unit = el mapeo no tiene la unidad `{ $unit }`
mapping-says-no-unit-help = { $near }
mapping-says-not-tied = nada vincula `{ $role }` con `{ $other }`
mapping-says-not-tied-help = un campo o una fila de uno debe nombrar al otro: {"{"} document = "..." {"}"}
mapping-says-match-without-rule = la clave de búsqueda nombra `{ $field }`, y ninguna regla dice qué contiene
mapping-says-match-without-rule-help = { $near }
mapping-says-match-never-to-frappe = la clave de búsqueda nombra `{ $field }`, del que VTiger no dice nada
mapping-says-match-never-to-frappe-help = nombre un campo que vaya hacia Frappe, o uno con `on_create`
mapping-says-exists-without-rule = `exists_when` nombra `{ $field }`, y ninguna regla dice qué contiene
mapping-says-exists-without-rule-help = { $near }
mapping-says-check-without-rule = la comprobación nombra `{ $field }`, y ninguna regla dice qué contiene
mapping-says-check-without-rule-help = { $near }
mapping-says-external-id-with-rule = `{ $field }` guarda el identificador externo del documento y además tiene una regla
mapping-says-external-id-with-rule-help = quite la regla: el programa llena por sí mismo el identificador externo
mapping-says-never-read-used = { $field } nunca se lee, y esto lo lee
mapping-says-never-read-used-help = quite uno de los dos
mapping-says-unguarded = { $field } es un número de tarjeta en otra parte de esta unidad (`last_four`), y aquí saldría entero
mapping-says-unguarded-help = { $remedy }
mapping-says-unit-cycle = hay unidades que se esperan entre sí: { $circle }
mapping-says-unit-cycle-help = una unidad se escribe después de aquellas a las que se refiere: quite una de estas referencias
mapping-says-document-cycle = hay documentos que se esperan entre sí: { $circle }
mapping-says-document-cycle-help = marque una de estas referencias con `deferred = true`: se escribe al final
mapping-says-match-cycle = hay claves de búsqueda que se esperan entre sí: { $circle }
mapping-says-match-cycle-help = uno de los documentos se debe encontrar sin el otro: quite un `linked` de sus claves

mapping-says-unknown-kind = { $system } no tiene { $what } `{ $kind }` que el usuario del producto pueda ver
mapping-says-unknown-kind-help = { $remedy }
mapping-says-unknown-field = { $kind } de { $system } no tiene el campo `{ $field }`
mapping-says-unknown-field-help = { $remedy }
mapping-says-ambiguous-label = { $kind } de { $system } tiene varios campos con la etiqueta `{ $label }`
mapping-says-ambiguous-label-help = Nombre el que corresponde: { $names }.
mapping-says-never-read-unknown = { $kind } de VTiger no tiene el campo `{ $field }`, que nunca se debe leer
mapping-says-never-read-unknown-help = Asegúrese de que no se llame de otra manera. { $near }
mapping-says-not-creatable = el usuario del producto no puede crear { $kind } en VTiger
mapping-says-not-creatable-help = Dele el derecho, o quite [unit.create_in_vtiger].
mapping-says-key-not-writable = { $field } de VTiger no se puede escribir
mapping-says-key-not-writable-help = Nombre un campo de texto propio: en él se escribe la clave de cada creación.
mapping-says-key-not-text = { $field } de VTiger no contiene texto, y la clave de una creación lo es
mapping-says-key-not-text-help = Nombre un campo de texto.
mapping-says-key-in-use = { $field } guarda la clave de la creación, y la unidad lo nombra también en otra parte
mapping-says-key-in-use-help = Dé a la clave un campo propio que nada más en el mapeo nombre.
mapping-says-creation-lacks = VTiger rechaza un registro nuevo de { $kind } sin { $fields }, y ningún campo de `{ $role }` que vaya hacia VTiger lo llena
mapping-says-creation-lacks-help = Agregue una regla que vaya hacia VTiger (direction = "to_vtiger"; con on_create = true solo se da a registros nuevos), haga opcional el campo en VTiger, o quite [unit.create_in_vtiger].
mapping-says-frappe-not-writable = { $field } de { $kind } no se puede escribir
mapping-says-frappe-not-writable-help = Una otro campo, o escriba direction = "to_vtiger".
mapping-says-vtiger-not-writable = { $field } de VTiger no se puede escribir
mapping-says-vtiger-not-writable-help = Escriba direction = "to_frappe".
mapping-says-reads-never-read = { $field } nunca se lee, y esto lo lee
mapping-says-reads-never-read-help = Quite uno de los dos del mapeo.
mapping-says-not-a-reference = { $field } de VTiger no apunta a otro registro
mapping-says-not-a-reference-help = Nombre un campo de referencia, o quite `unit` y `role`.
mapping-says-wrong-reference = { $field } contiene { $expected }, y el documento que debe nombrar es un { $target }
mapping-says-wrong-reference-help = Nombre un documento del DocType correcto, u otro campo.
mapping-says-is-a-table = { $field } es una tabla y recibe filas
mapping-says-is-a-table-help = Escriba para él una [[unit.document.row]].
mapping-says-not-a-table = { $field } es { $held } y no una tabla
mapping-says-not-a-table-help = Nombre un campo de tabla.
mapping-says-types = { $from } de VTiger es { $ours }, y { $field } de Frappe es { $theirs }
mapping-says-types-help = Una campos del mismo tipo, o agregue una transformación.
mapping-says-not-a-checkbox = { $field } es exclusiva, y es { $held }
mapping-says-not-a-checkbox-help = Solo las casillas pueden ser exclusivas.
mapping-says-external-id-missing = { $kind } no tiene el campo `{ $field }` para el identificador externo
mapping-says-external-id-missing-help = Cree en { $kind } un campo personalizado `{ $field }`: de tipo Data, con «Único» marcado.
mapping-says-external-id-not-unique = { $field } de { $kind } no es único
mapping-says-external-id-not-unique-help = Marque «Único» en el campo: sin eso, una respuesta perdida puede dejar un segundo documento.
mapping-says-field-twice = { $field } se llena dos veces, una de ellas por su etiqueta
mapping-says-field-twice-help = Deje una de las dos.
mapping-says-mandatory-unmapped = { $kind } necesita { $fields }, y ninguna regla lo llena
mapping-says-mandatory-unmapped-help = Nada, si Frappe tiene un valor predeterminado (ERPNext lo tiene para la moneda, las tasas y la serie de un pedido); si no, agregue una regla o una constante.
mapping-says-not-submittable = los documentos de { $kind } nunca se validan, así que no hay nada que enmendar
mapping-says-not-submittable-help = Quite `amend`.
mapping-says-mark-not-writable = { $field } de { $kind } no se puede escribir
mapping-says-mark-not-writable-help = Marque otro campo.
mapping-says-mark-value = el campo no acepta el valor de la marca ({ $why })
mapping-says-mark-value-help = Nombre un valor que el campo acepte, u otro campo.
