//! The lists that people, places and plans are drawn from: accents, apostrophes, ampersands and long names included.

pub(super) const WOMEN: [&str; 18] = [
    "Ana",
    "María José",
    "Lucía",
    "Sofía",
    "Begoña",
    "Inés",
    "Carmen",
    "Zoë",
    "Rocío",
    "Chloé",
    "Noemí",
    "Pilar",
    "Yamileth",
    "Ximena",
    "Belén",
    "Concepción",
    "Ángela",
    "Maximiliana",
];
pub(super) const MEN: [&str; 18] = [
    "José",
    "Andrés",
    "Íñigo",
    "Raúl",
    "D'Angelo",
    "Björn",
    "Tomás",
    "Óscar",
    "Jesús",
    "Martín",
    "René",
    "Nicolás",
    "Hernán",
    "Álvaro",
    "Luis",
    "Iván",
    "Ramón",
    "Cristóbal",
];
pub(super) const SURNAMES: [&str; 26] = [
    "Muñoz",
    "O'Niel",
    "Núñez",
    "García Pérez",
    "Ibáñez",
    "Peña",
    "Ordóñez",
    "De la Cruz",
    "D'Amico",
    "Zúñiga",
    "Castañeda",
    "Quiñones",
    "Gómez",
    "Ávila",
    "Rodríguez & Cía",
    "Avendaño",
    "Brüning",
    "Güell",
    "López-Ocaña",
    "Fernández de Córdoba y Ruiz de Arellano",
    "Vélez",
    "Ñáñez",
    "Restrepo",
    "Böhm",
    "Saint-Étienne",
    "Arango",
];
pub(super) const STREETS: [&str; 10] = [
    "Ocean Dr",
    "NW 7th Ave",
    "Calle Ocho & SW 12th Ct",
    "St. Augustine's Rd",
    "Cañón Blvd",
    "Peachtree St",
    "Main St Apt #4",
    "Avenida José Martí",
    "Lakeview Ter",
    "Old \"Mill\" Ln",
];
pub(super) const CITIES: [(&str, &str, &str); 8] = [
    ("Miami", "FL", "331"),
    ("Hialeah", "FL", "330"),
    ("Doral", "FL", "331"),
    ("Cañon City", "TX", "790"),
    ("Houston", "TX", "770"),
    ("St. Petersburg", "FL", "337"),
    ("Atlanta", "GA", "303"),
    ("Raleigh", "NC", "276"),
];
pub(super) const BANKS: [&str; 8] = [
    "Banco del Istmo Inventado",
    "First Sample Bank",
    "Caja Ñandú",
    "Example & Sons Trust",
    "Ahorros Ficticios",
    "O'Hara Federal Credit Union",
    "Nonesuch National Bank",
    "Coopérative d'Exemple",
];
pub(super) const COMPANIES: [&str; 4] = ["Oscar", "Aetna", "Ambetter", "Molina"];
pub(super) const PLAN_WORDS: [&str; 6] =
    ["Silver Simple", "Gold Select", "Bronze Básico", "Secure & Save", "Everyday Gold", "Plata Más"];
pub(super) const SALES_PEOPLE: [&str; 6] =
    ["Verónica Salas", "Iñaki Prado", "Dora O'Brien", "Luz Marín", "Teo Cañas", "Mesa & Asociados"];
pub(super) const PROBLEMS: [&str; 4] =
    ["No portal", "Problema Campaña", "Problema Pago", "Dejar cancelar MP"];
