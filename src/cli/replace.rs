//! A file that is replaced as a whole.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Puts `text` into the place of the file at `path`: all of it or nothing. A file that is there keeps its permissions,
/// and through a link the file is replaced that it leads to.
pub fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new("."));
    let old = fs::metadata(&path).map(|metadata| metadata.permissions());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".docent-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(PermissionsExt::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text)?;
    if let Ok(old) = old {
        file.as_file().set_permissions(old)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
