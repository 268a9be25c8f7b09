//! Conditions and numeric expressions of roff, as groff's manual has them.

/// Whether a condition holds where text goes to a terminal, and what follows it. `is_known` says whether
/// there is a string or macro (`d`) or a register (`r`) of a name.
pub(super) fn evaluate(text: &str, is_known: impl Fn(char, &str) -> bool) -> (bool, &str) {
    let positive = text.trim_start().trim_start_matches('!');
    let is_negated = (text.trim_start().len() - positive.len()) % 2 == 1;
    let (holds, rest) = positive_condition(positive, is_known);
    (holds != is_negated, rest)
}

fn positive_condition(text: &str, is_known: impl Fn(char, &str) -> bool) -> (bool, &str) {
    let Some(first) = text.chars().next() else {
        return (false, "");
    };
    let after = &text[first.len_utf8()..];
    match first {
        'n' | 'o' => (true, after),
        't' | 'e' | 'v' => (false, after),
        'd' | 'r' | 'm' | 'c' | 'F' | 'S' => {
            let name = after.trim_start();
            let end = name.find([' ', '\t']).unwrap_or(name.len());
            (
                matches!(first, 'd' | 'r') && is_known(first, &name[..end]),
                &name[end..],
            )
        }
        '0'..='9' | '(' | '-' | '+' | '.' => {
            let end = expression_end(text);
            (number(&text[..end]) > 0, &text[end..])
        }
        '\\' => (false, after),
        delimiter => {
            let mut parts = after.splitn(3, delimiter);
            let (left, right) = (parts.next(), parts.next());
            (left == right, parts.next().unwrap_or_default())
        }
    }
}

/// Where an expression ends: at a space that no parenthesis encloses.
fn expression_end(text: &str) -> usize {
    let mut depth = 0usize;
    let end = text.char_indices().find(|&(_, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
            && (matches!(c, ' ' | '\t' | '\\') || c.is_alphabetic() && !"cfimnPpsuvz".contains(c))
    });
    end.map_or(text.len(), |(at, _)| at)
}

/// The value of an expression, whose operators all bind alike, from left to right.
pub(super) fn number(text: &str) -> i64 {
    let mut rest = text;
    expression(&mut rest, 0)
}

fn expression(rest: &mut &str, depth: usize) -> i64 {
    let mut value = operand(rest, depth);
    loop {
        *rest = rest.trim_start();
        let operators = [
            "<=", ">=", "==", "<", ">", "=", "+", "-", "*", "/", "%", "&", ":",
        ];
        let Some(operator) = operators
            .into_iter()
            .find(|operator| rest.starts_with(operator))
        else {
            return value;
        };
        *rest = &rest[operator.len()..];
        let right = operand(rest, depth);
        value = match operator {
            "<=" => i64::from(value <= right),
            ">=" => i64::from(value >= right),
            "==" | "=" => i64::from(value == right),
            "<" => i64::from(value < right),
            ">" => i64::from(value > right),
            "+" => value.saturating_add(right),
            "-" => value.saturating_sub(right),
            "*" => value.saturating_mul(right),
            "/" => value.checked_div(right).unwrap_or(0),
            "%" => value.checked_rem(right).unwrap_or(0),
            "&" => i64::from(value > 0 && right > 0),
            _ => i64::from(value > 0 || right > 0),
        };
    }
}

fn operand(rest: &mut &str, depth: usize) -> i64 {
    *rest = rest.trim_start();
    let is_negative = rest.starts_with('-');
    *rest = rest.trim_start_matches(['-', '+']);
    let value = match rest.strip_prefix('(') {
        Some(inner) if depth < 16 => {
            *rest = inner;
            let value = expression(rest, depth + 1);
            *rest = rest.strip_prefix(')').unwrap_or(rest);
            value
        }
        _ => {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let value = rest[..end].parse().unwrap_or(0);
            // The fraction and the unit of measure.
            let unit = |c: char| c.is_ascii_digit() || c == '.' || c.is_ascii_alphabetic();
            *rest = rest[end..].trim_start_matches(unit);
            value
        }
    };
    if is_negative { -value } else { value }
}
