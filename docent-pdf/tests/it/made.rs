//! PDF files made by hand.

/// A file with these objects, numbered from 1; the first is its catalog. `trailer` is added to that of the file.
pub fn file(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
        offsets.push(file.len());
        file.extend(format!("{number} 0 obj\n").bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let xref = file.len();
    let size = objects.len() + 1;
    file.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
    for offset in offsets {
        file.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    let trailer =
        format!("trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{xref}\n%%EOF\n");
    file.extend(trailer.bytes());
    file
}

/// An object with a stream.
pub fn stream(entries: &str, bytes: &[u8]) -> Vec<u8> {
    let mut object = format!("<< {entries} /Length {} >>\nstream\n", bytes.len()).into_bytes();
    object.extend(bytes);
    object.extend(b"\nendstream");
    object
}

/// A file with these contents of pages, of 600 by 800 points with the fonts `/F` (Helvetica) and `/C` (Courier),
/// further entries of the catalog, and further objects: after the catalog, the tree of pages and the fonts come
/// page and content of each page, from object 5 on, then those.
pub fn pages(contents: &[&str], catalog: &str, further: &[&str], trailer: &str) -> Vec<u8> {
    let number = |page: usize| 5 + 2 * page;
    let kids: Vec<String> = (0..contents.len())
        .map(|page| format!("{} 0 R", number(page)))
        .collect();
    let mut objects = vec![
        format!("<< /Type /Catalog /Pages 2 0 R {catalog} >>").into_bytes(),
        format!(
            "<< /Type /Pages /Kids [{}] /Count {} >>",
            kids.join(" "),
            contents.len()
        )
        .into_bytes(),
        font("Helvetica"),
        font("Courier"),
    ];
    for (page, content) in contents.iter().enumerate() {
        let content_number = number(page) + 1;
        objects.push(page_object(content_number));
        objects.push(stream("", content.as_bytes()));
    }
    objects.extend(further.iter().map(|object| object.as_bytes().to_vec()));
    file(&objects, trailer)
}

/// A page whose content is object `content`.
pub fn page_object(content: usize) -> Vec<u8> {
    format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {content} 0 R \
         /Resources << /Font << /F 3 0 R /C 4 0 R >> >> >>"
    )
    .into_bytes()
}

pub fn font(name: &str) -> Vec<u8> {
    format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>")
        .into_bytes()
}

/// Lines of text in `font` at 12 points, each with where it begins: points from the left and from the bottom.
pub fn text(font: &str, lines: &[(i32, i32, &str)]) -> String {
    let lines = lines
        .iter()
        .map(|(x, y, text)| format!("1 0 0 1 {x} {y} Tm ({text}) Tj\n"));
    format!("BT /{font} 12 Tf\n{}ET\n", lines.collect::<String>())
}
