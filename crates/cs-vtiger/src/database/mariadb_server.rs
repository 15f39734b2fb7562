//! A MariaDB of its own in a temporary folder, on a socket only, with VTiger's tables; gone when dropped.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PACKAGE: &str =
    "is missing: install the Debian package mariadb-server (apt-get install mariadb-server)";

/// The running server.
pub(crate) struct MariaDb {
    server: Child,
    folder: TempDir,
}

/// `../shared/fixtures/vtiger`, where it is.
pub(crate) fn fixtures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/vtiger");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no folder {}", folder.display());
    None
}

impl MariaDb {
    /// Starts one. Fails, and does not skip, where the program is not installed.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        // Of its own: a server that starts empties its temporary folder of every table it finds there, another
        // server's among them.
        let temporary = folder.path().join("tmp");
        std::fs::create_dir(&temporary).expect("a folder for temporary tables");
        let installed = Command::new("mariadb-install-db")
            .args([
                "--no-defaults",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--user=root",
            ])
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--tmpdir={}", temporary.display()))
            .output()
            .unwrap_or_else(|error| panic!("mariadb-install-db {PACKAGE}: {error}"));
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
        let log = std::fs::File::create(folder.path().join("log")).expect("a log file");
        let program =
            if Path::new("/usr/sbin/mariadbd").exists() { "/usr/sbin/mariadbd" } else { "mariadbd" };
        let server = Command::new(program)
            .args(["--no-defaults", "--user=root", "--skip-networking", "--innodb-flush-log-at-trx-commit=0"])
            .args(["--character-set-server=utf8mb3", "--sql-mode=", "--innodb-buffer-pool-size=256M"])
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--tmpdir={}", temporary.display()))
            .arg(format!("--socket={}", folder.path().join("s").display()))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("mariadbd {PACKAGE}: {error}"));
        let mut started = Self { server, folder };
        started.wait();
        started
    }

    fn wait(&mut self) {
        let begin = Instant::now();
        loop {
            let ping = self.client("mysql").args(["-e", "select 1"]).output();
            if ping.expect("the mariadb client is part of mariadb-server").status.success() {
                break;
            }
            let ended = self.server.try_wait().expect("a child");
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(
                ended.is_none() && begin.elapsed() < Duration::from_secs(30),
                "mariadbd did not start: {log}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        let created =
            self.client("mysql").args(["-e", "create database vtiger character set utf8mb3"]).status();
        assert!(created.expect("the client runs").success());
    }

    /// The plain client, connected.
    pub(crate) fn client(&self, database: &str) -> Command {
        let mut command = Command::new("mariadb");
        command
            .args(["--no-defaults", "--user=root", "--default-character-set=utf8mb4"])
            .arg(format!("--socket={}", self.socket().display()))
            .arg(database)
            .stderr(Stdio::null());
        command
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    /// For [`DatabaseConfig`].
    pub(crate) fn url(&self) -> String {
        format!("mysql://root@localhost/vtiger?socket={}", self.socket().display())
    }

    /// Runs statements as the plain client does.
    pub(crate) fn run(&self, sql: &str) {
        let mut client = self.client("vtiger");
        let mut child = client.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the client runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(sql.as_bytes()).expect("the client reads");
        drop(stdin);
        let output = child.wait_with_output().expect("the client ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes VTiger's tables and describes its fields, from the recorded lists.
    pub(crate) fn install_vtiger(&self, fixtures: &Path) {
        self.run(&tables(&fixtures.join("tables_8_3_0.tsv")));
        let mut sql = String::from(
            "insert into vtiger_ws_entity (id, name, handler_path, handler_class, ismodule) values \
             (6,'SalesOrder','','',1),(11,'Accounts','','',1),(12,'Contacts','','',1),(19,'Users','','',0),\
             (20,'Groups','','',0),(21,'Currency','','',0);\n\
             insert into vtiger_groups (groupid, groupname) values (7, 'Ventas');\n",
        );
        for (tab, module, label, file) in [
            (22, "SalesOrder", "Sales Order", "fields_salesorder.tsv"),
            (6, "Accounts", "Organizations", "fields_accounts.tsv"),
            (4, "Contacts", "Contacts", "fields_contacts.tsv"),
        ] {
            let _ = writeln!(
                sql,
                "insert into vtiger_tab (tabid, name, tablabel, presence, isentitytype, trial) values \
                 ({tab}, '{module}', '{label}', 0, 1, 0);"
            );
            fields(&mut sql, tab, &fixtures.join(file));
        }
        self.run(&sql);
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn tables(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("the list of tables");
    let mut columns: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [table, column, kind, null] = cells[..] else { panic!("{line}") };
        let definition = if column.is_empty() {
            let plain = kind.split(' ').next() == Some("KEY");
            // The name of a key stands between its kind and its columns.
            if plain { format!("key {null}") } else { format!("{kind} {null}") }
        } else {
            format!("`{column}` {kind} {null}")
        };
        columns.entry(table).or_default().push(definition);
    }
    let mut sql = String::new();
    for (table, definitions) in columns {
        let _ = writeln!(sql, "create table {table} ({}) engine=InnoDB;", definitions.join(", "));
    }
    sql
}

fn fields(sql: &mut String, tab: u32, path: &Path) {
    let text = std::fs::read_to_string(path).expect("the list of fields");
    for (number, line) in text.lines().skip(1).enumerate() {
        let cells: Vec<String> = line.split('\t').map(|cell| cell.replace('\'', "''")).collect();
        let [name, column, table, label, uitype, typeofdata, presence, display] = &cells[..] else {
            panic!("{line}")
        };
        let id = tab * 1_000 + u32::try_from(number).expect("few fields");
        let _ = writeln!(
            sql,
            "insert into vtiger_field (tabid, fieldid, columnname, tablename, generatedtype, uitype, fieldname, \
             fieldlabel, readonly, presence, displaytype, typeofdata, quickcreate, masseditable, summaryfield) values \
             ({tab}, {id}, '{column}', '{table}', 1, '{uitype}', '{name}', '{label}', 1, {presence}, {display}, \
             '{typeofdata}', 0, 1, 0);"
        );
    }
}
