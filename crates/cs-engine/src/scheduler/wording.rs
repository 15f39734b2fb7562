//! A calendar in words. Everything is said from the values that a pattern names, not from how it spells them, so that the
//! words are true of `0-30/10` as of `*/10`.

use cs_companies::Language;

use super::calendar::Calendar;

/// So many times of a day are listed one by one.
const LISTED: usize = 6;
const MINUTES: u16 = 60;
const HOURS: u16 = 24;
const ALL_MONTHS: usize = 12;

const WEEKDAYS_EN: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const WEEKDAYS_ES: [&str; 7] = ["domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_ES: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

impl Calendar {
    /// The calendar in words: `Every 15 minutes`, `Lunes a viernes a las 06:00`, without a full stop.
    pub fn words(&self, language: Language) -> String {
        let words = Words(language);
        let days = words.days(self);
        let times = words.times(&self.minutes(), &self.hours(), days.is_none());
        let months = words.months(&self.months());
        let parts: Vec<String> = [Some(times), days, months].into_iter().flatten().collect();
        let said = parts.join(words.pick(", ", ", "));
        let mut letters = said.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }
}

struct Words(Language);

impl Words {
    fn pick<'w>(&self, en: &'w str, es: &'w str) -> &'w str {
        match self.0 {
            Language::En => en,
            Language::Es => es,
        }
    }

    /// The times of a day. `daily`: nothing else says on which days.
    fn times(&self, minutes: &[u16], hours: &[u16], daily: bool) -> String {
        let step_of_minutes = step(minutes, MINUTES);
        match (step_of_minutes, step(hours, HOURS)) {
            (Some(1), Some(1)) => self.pick("every minute", "cada minuto").to_owned(),
            (Some(step), Some(1)) => self.every_minutes(step),
            (_, Some(1)) if minutes == [0] => self.pick("every hour", "cada hora").to_owned(),
            (None, Some(1)) => {
                format!("{} {}", self.pick("every hour,", "cada hora,"), self.at_minutes(minutes))
            }
            _ if minutes.len() * hours.len() <= LISTED => self.at(minutes, hours, daily),
            (None, Some(step)) if minutes == [0] => self.every_hours(step),
            (None, Some(step)) => format!("{}, {}", self.every_hours(step), self.at_minutes(minutes)),
            _ if is_run(hours) => self.between(minutes, hours, step_of_minutes),
            (Some(step), _) => format!("{}, {}", self.every_minutes(step), self.in_hours(hours)),
            (None, None) => format!("{}, {}", self.at_minutes(minutes), self.in_hours(hours)),
        }
    }

    fn every_minutes(&self, step: u16) -> String {
        match (self.0, step) {
            (Language::En, 1) => "every minute".to_owned(),
            (Language::Es, 1) => "cada minuto".to_owned(),
            (Language::En, step) => format!("every {step} minutes"),
            (Language::Es, step) => format!("cada {step} minutos"),
        }
    }

    fn every_hours(&self, step: u16) -> String {
        format!("{} {step} {}", self.pick("every", "cada"), self.pick("hours", "horas"))
    }

    fn at_minutes(&self, minutes: &[u16]) -> String {
        let (en, es) =
            if minutes.len() == 1 { ("at minute", "en el minuto") } else { ("at minutes", "en los minutos") };
        format!("{} {}", self.pick(en, es), self.numbers(minutes))
    }

    fn in_hours(&self, hours: &[u16]) -> String {
        let (en, es) =
            if hours.len() == 1 { ("in hour", "en la hora") } else { ("in hours", "en las horas") };
        format!("{} {}", self.pick(en, es), self.numbers(hours))
    }

    /// Times that are listed.
    fn at(&self, minutes: &[u16], hours: &[u16], daily: bool) -> String {
        let times: Vec<String> =
            hours.iter().flat_map(|hour| minutes.iter().map(|minute| clock(*hour, *minute))).collect();
        let at = match (self.0, times.first().map(String::as_str)) {
            (Language::En, _) => "at",
            // A clock says one o'clock in the singular.
            (Language::Es, Some(time)) if time.starts_with("01:") => "a la",
            (Language::Es, _) => "a las",
        };
        let every_day = if daily { self.pick("every day ", "todos los días ") } else { "" };
        format!("{every_day}{at} {}", self.list(&times))
    }

    /// Minutes of hours that follow each other.
    fn between(&self, minutes: &[u16], hours: &[u16], step: Option<u16>) -> String {
        let often = match step {
            Some(step) => self.every_minutes(step),
            None if minutes.len() == 1 => self.pick("every hour", "cada hora").to_owned(),
            None => format!("{} {}", self.pick("every hour,", "cada hora,"), self.at_minutes(minutes)),
        };
        let ends = hours.first().zip(minutes.first()).zip(hours.last().zip(minutes.last()));
        let Some(((from_hour, from_minute), (to_hour, to_minute))) = ends else { return often };
        let (from, to) = (clock(*from_hour, *from_minute), clock(*to_hour, *to_minute));
        match self.0 {
            Language::En => format!("{often} from {from} to {to}"),
            Language::Es => format!("{often} de {from} a {to}"),
        }
    }

    /// On which days; cron takes either where both are named.
    fn days(&self, calendar: &Calendar) -> Option<String> {
        let of_month = calendar.days().map(|(days, last)| self.days_of_month(&days, last));
        let of_week = calendar.weekdays().map(|days| self.days_of_week(&days));
        match (of_month, of_week) {
            (Some(month), Some(week)) => Some(format!("{month} {} {week}", self.pick("or", "o"))),
            (month, week) => month.or(week),
        }
    }

    fn days_of_month(&self, days: &[u16], last: bool) -> String {
        let last_day = self.pick("on the last day of the month", "el último día del mes");
        let numbers = self.numbers(days);
        let named = match (self.0, days.len()) {
            (_, 0) => return last_day.to_owned(),
            (Language::En, 1) => format!("on day {numbers} of the month"),
            (Language::En, _) => format!("on days {numbers} of the month"),
            (Language::Es, 1) => format!("el día {numbers} del mes"),
            (Language::Es, _) => format!("los días {numbers} del mes"),
        };
        if last { format!("{named} {} {last_day}", self.pick("and", "y")) } else { named }
    }

    fn days_of_week(&self, days: &[u16]) -> String {
        let names = self.pick_names(&WEEKDAYS_EN, &WEEKDAYS_ES);
        let name = |day: &u16| names.get(usize::from(*day)).copied().unwrap_or_default().to_owned();
        if days.len() > 2
            && is_run(days)
            && let Some((first, last)) = days.first().zip(days.last())
        {
            return match self.0 {
                Language::En => format!("on {} to {}", name(first), name(last)),
                Language::Es => format!("de {} a {}", name(first), name(last)),
            };
        }
        let listed = self.list(&days.iter().map(name).collect::<Vec<_>>());
        match (self.0, days.len()) {
            (Language::En, _) => format!("on {listed}"),
            (Language::Es, 1) => format!("el {listed}"),
            (Language::Es, _) => format!("los días {listed}"),
        }
    }

    fn months(&self, months: &[u16]) -> Option<String> {
        if months.len() == ALL_MONTHS {
            return None;
        }
        let names = self.pick_names(&MONTHS_EN, &MONTHS_ES);
        let name = |month: &u16| {
            names.get(usize::from(*month).wrapping_sub(1)).copied().unwrap_or_default().to_owned()
        };
        let listed = self.list(&months.iter().map(name).collect::<Vec<_>>());
        Some(format!("{} {listed}", self.pick("in", "en")))
    }

    fn pick_names<'n, const N: usize>(&self, en: &'n [&'n str; N], es: &'n [&'n str; N]) -> &'n [&'n str] {
        match self.0 {
            Language::En => en,
            Language::Es => es,
        }
    }

    /// Numbers, those that follow each other as a range.
    fn numbers(&self, numbers: &[u16]) -> String {
        let ranges = numbers.chunk_by(|one, next| one + 1 == *next).flat_map(|range| match range {
            [first, _, .., last] => vec![format!("{first}-{last}")],
            few => few.iter().map(ToString::to_string).collect(),
        });
        self.list(&ranges.collect::<Vec<_>>())
    }

    fn list(&self, items: &[String]) -> String {
        match items {
            [] => String::new(),
            [only] => only.clone(),
            [before @ .., last] => format!("{} {} {last}", before.join(", "), self.pick("and", "y")),
        }
    }
}

/// How far apart the values are, where they fill the whole `cycle` evenly, from its beginning.
fn step(values: &[u16], cycle: u16) -> Option<u16> {
    let (first, second) = (values.first()?, values.get(1)?);
    let step = second - first;
    let even = values.iter().zip(0..).all(|(value, number): (&u16, u16)| *value == number * step);
    (*first == 0 && even && values.len() * usize::from(step) == usize::from(cycle)).then_some(step)
}

/// Whether the values follow each other.
fn is_run(values: &[u16]) -> bool {
    values.windows(2).all(|pair| matches!(pair, [one, next] if one + 1 == *next))
}

fn clock(hour: u16, minute: u16) -> String {
    format!("{hour:02}:{minute:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_in_words() {
        for (cron, en, es) in [
            ("* * * * *", "Every minute", "Cada minuto"),
            ("*/15 * * * *", "Every 15 minutes", "Cada 15 minutos"),
            (
                "0-30/10 * * * *",
                "Every hour, at minutes 0, 10, 20 and 30",
                "Cada hora, en los minutos 0, 10, 20 y 30",
            ),
            ("*/45 * * * *", "Every hour, at minutes 0 and 45", "Cada hora, en los minutos 0 y 45"),
            ("0 * * * *", "Every hour", "Cada hora"),
            ("5 * * * *", "Every hour, at minute 5", "Cada hora, en el minuto 5"),
            ("0 */2 * * *", "Every 2 hours", "Cada 2 horas"),
            (
                "0 */8 * * *",
                "Every day at 00:00, 08:00 and 16:00",
                "Todos los días a las 00:00, 08:00 y 16:00",
            ),
            ("20 */2 * * *", "Every 2 hours, at minute 20", "Cada 2 horas, en el minuto 20"),
            ("0 6 * * *", "Every day at 06:00", "Todos los días a las 06:00"),
            ("30 1 * * *", "Every day at 01:30", "Todos los días a la 01:30"),
            ("0 6 * * 1-5", "At 06:00, on Monday to Friday", "A las 06:00, de lunes a viernes"),
            ("0 6 * * MON", "At 06:00, on Monday", "A las 06:00, el lunes"),
            ("0 6 * * 7,6", "At 06:00, on Sunday and Saturday", "A las 06:00, los días domingo y sábado"),
            ("0 6 1 * *", "At 06:00, on day 1 of the month", "A las 06:00, el día 1 del mes"),
            (
                "0 6 1-5,15,L * *",
                "At 06:00, on days 1-5 and 15 of the month and on the last day of the month",
                "A las 06:00, los días 1-5 y 15 del mes y el último día del mes",
            ),
            ("0 6 L * *", "At 06:00, on the last day of the month", "A las 06:00, el último día del mes"),
            (
                "0 6 1 1,7 MON",
                "At 06:00, on day 1 of the month or on Monday, in January and July",
                "A las 06:00, el día 1 del mes o el lunes, en enero y julio",
            ),
            (
                "*/15 8-17 * * 1-5",
                "Every 15 minutes from 08:00 to 17:45, on Monday to Friday",
                "Cada 15 minutos de 08:00 a 17:45, de lunes a viernes",
            ),
            ("5 8-17 * * *", "Every hour from 08:05 to 17:05", "Cada hora de 08:05 a 17:05"),
            ("* 3 * * *", "Every minute from 03:00 to 03:59", "Cada minuto de 03:00 a 03:59"),
            (
                "7,9,30 8,10,12 * * *",
                "At minutes 7, 9 and 30, in hours 8, 10 and 12",
                "En los minutos 7, 9 y 30, en las horas 8, 10 y 12",
            ),
            (
                "*/20 8,12,16 * * *",
                "Every 20 minutes, in hours 8, 12 and 16",
                "Cada 20 minutos, en las horas 8, 12 y 16",
            ),
        ] {
            let calendar: Calendar = cron.parse().unwrap();
            assert_eq!(calendar.words(Language::En), en, "{cron}");
            assert_eq!(calendar.words(Language::Es), es, "{cron}");
        }
    }
}
