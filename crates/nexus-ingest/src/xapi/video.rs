//! What was watched of a video, as the video profile writes it: `0[.]42.6[,]43.1[.]124.7`.

use serde_json::Value;

const PLAYED: &str = "https://w3id.org/xapi/video/extensions/played-segments";

/// The parts that a result says were played, in seconds, joined and in order. Players tell all of a
/// session each time; what touches becomes one part, what is empty or still open is left out, and
/// nothing goes beyond the video. `None` when the result says nothing of parts.
pub(super) fn played(statement: &Value, length_seconds: f64) -> Option<Vec<[f64; 2]>> {
    let extensions = statement.get("result")?.get("extensions")?;
    let written = extensions.get(PLAYED)?.as_str()?;
    Some(joined(segments(written), length_seconds))
}

fn segments(written: &str) -> Vec<[f64; 2]> {
    let pair = |part: &str| {
        let (from, to) = part.split_once("[.]")?;
        let seconds = |text: &str| text.trim().parse::<f64>().ok().filter(|it| it.is_finite());
        Some([seconds(from)?, seconds(to)?])
    };
    written.split("[,]").filter_map(pair).collect()
}

fn joined(mut parts: Vec<[f64; 2]>, length_seconds: f64) -> Vec<[f64; 2]> {
    for part in &mut parts {
        *part = [part[0].max(0.0), part[1].min(length_seconds)];
    }
    parts.retain(|[from, to]| from < to);
    parts.sort_by(|left, right| left[0].total_cmp(&right[0]));
    let mut joined: Vec<[f64; 2]> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if part[0] <= last[1] => last[1] = last[1].max(part[1]),
            _ => joined.push(part),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_joined_and_stay_in_the_video() {
        for (written, expected) in [
            ("0[.]42.608[,]43.168[.]124.692[,]176.4", vec![[0.0, 42.608], [43.168, 124.692]]),
            ("0[.]0[,]0.073[.]1.149[,]1.233[.]524.4", vec![[0.073, 1.149], [1.233, 200.0]]),
            ("10[.]20[,]15[.]30[,]0[.]12", vec![[0.0, 30.0]]),
            ("10[.]20[,]20[.]30", vec![[10.0, 30.0]]),
            ("50[.]40", vec![]),
            ("-3[.]5", vec![[0.0, 5.0]]),
            ("300[.]400", vec![]),
            ("12.5", vec![]),
            ("", vec![]),
            ("a[.]b[,]NaN[.]5[,]1[.]2", vec![[1.0, 2.0]]),
        ] {
            assert_eq!(joined(segments(written), 200.0), expected, "{written}");
        }
    }
}
