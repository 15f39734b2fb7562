//! Which VTiger the sandbox is.

use std::str::FromStr;

/// A version that the sandbox can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 8.2.0: escaped JSON, empty references as `""`, `SalesOrder` create works for group tax.
    V8_2_0,
    /// 8.3.0: plain UTF-8 JSON, empty references as `null`, `SalesOrder` create always fails.
    V8_3_0,
}

/// How one VTiger server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Persona {
    /// The version.
    pub version: Version,
    /// 8.3.0 with its PHP 8 faults mended (the recordings call it *patched*): `SalesOrder` create and logout work.
    pub mended: bool,
    /// PHP prints its warnings before the JSON (`display_errors`), and fatal errors as HTML with status 200.
    pub warnings: bool,
}

impl Persona {
    /// 8.3.0 as it is shipped.
    pub fn v8_3_0() -> Self {
        Self { version: Version::V8_3_0, mended: false, warnings: false }
    }

    /// 8.2.0 as it is shipped.
    pub fn v8_2_0() -> Self {
        Self { version: Version::V8_2_0, mended: false, warnings: false }
    }

    /// The version as `login` reports it.
    pub fn version_text(self) -> &'static str {
        match self.version {
            Version::V8_2_0 => "8.2.0",
            Version::V8_3_0 => "8.3.0",
        }
    }

    /// Whether this is an 8.2.0.
    pub(crate) fn is_8_2(self) -> bool {
        self.version == Version::V8_2_0
    }

    /// Whether `SalesOrder` can be created by the web service at all (trap 2).
    pub(crate) fn creates_orders(self) -> bool {
        self.is_8_2() || self.mended
    }
}

impl FromStr for Persona {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "8.3.0" => Ok(Self::v8_3_0()),
            "8.2.0" => Ok(Self::v8_2_0()),
            "8.2.0+warnings" => Ok(Self { warnings: true, ..Self::v8_2_0() }),
            other => Err(format!("there is no persona `{other}`: write 8.3.0, 8.2.0 or 8.2.0+warnings")),
        }
    }
}
