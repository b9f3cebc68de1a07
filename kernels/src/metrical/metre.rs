//! How clear the length of the bars is.

use super::densities::LogDensities;
use super::state_space::BarModel;
use super::viterbi::{BeatSpan, BestPath};

/// The length of the bars, and how well the best paths of other lengths explain each of them.
///
/// A bar is explained by what the log probability of a path grows by in its frames. With equal prior
/// probabilities of the lengths, the found one has in each bar a posterior probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metre {
    /// Beats in a bar.
    pub beats_per_bar: usize,
    /// Whole bars; where there is none, all frames count as one.
    pub bars: usize,
    /// Bars that the best path of another length explains better.
    pub disagreeing: usize,
    /// Mean posterior probability of the found length over the bars, 0 to 1.
    pub confidence: f64,
}

/// Compares the path `best` with the others, bar by bar; `None` where it is impossible.
pub(super) fn metre_of(
    models: &[BarModel],
    paths: &[BestPath],
    best: usize,
    densities: &LogDensities,
) -> Option<Metre> {
    let frames = densities.frames();
    let spans = &paths[best].spans;
    if spans.is_empty() {
        return None;
    }
    let downbeats: Vec<usize> = spans
        .iter()
        .filter(|span| span.beat == 0)
        .filter_map(|span| usize::try_from(span.start).ok())
        .collect();
    let bars = if downbeats.len() > 1 { downbeats } else { vec![0, frames] };
    let sums: Vec<Vec<f64>> = models
        .iter()
        .zip(paths)
        .map(|(model, path)| running_sums(model, &path.spans, densities))
        .collect();
    let (mut disagreeing, mut posteriors) = (0, 0.0);
    for bar in bars.windows(2) {
        // Where a path is impossible it has no sums, and explains nothing.
        let grown = |sums: &Vec<f64>| match sums.len() {
            0 => f64::NEG_INFINITY,
            _ => sums[bar[1]] - sums[bar[0]],
        };
        let found = grown(&sums[best]);
        let others = sums.iter().enumerate().filter(|&(at, _)| at != best);
        let advantages: Vec<f64> = others.map(|(_, sums)| grown(sums) - found).collect();
        disagreeing += usize::from(advantages.iter().any(|&advantage| advantage > 0.0));
        posteriors += 1.0 / (1.0 + advantages.iter().map(|advantage| advantage.exp()).sum::<f64>());
    }
    let count = bars.len() - 1;
    let confidence = posteriors / count as f64;
    Some(Metre { beats_per_bar: models[best].beats, bars: count, disagreeing, confidence })
}

/// `[frames + 1]`: log probability that a path gains before each frame; empty for an impossible path.
fn running_sums(model: &BarModel, spans: &[BeatSpan], densities: &LogDensities) -> Vec<f64> {
    if spans.is_empty() {
        return Vec::new();
    }
    let frames = densities.frames();
    let mut sums = Vec::with_capacity(frames + 1);
    let mut sum = 0.0;
    sums.push(sum);
    for (at, span) in spans.iter().enumerate() {
        let border = model.borders[span.beat][span.tempo] as i64;
        let end = spans.get(at + 1).map_or(frames as i64, |next| next.start);
        if at > 0 {
            sum += transition(model, spans[at - 1].tempo, span.tempo);
        }
        for frame in span.start.max(0)..end {
            let inside = frame - span.start < border;
            let densities = if inside { densities.of_beat(span.beat) } else { &densities.no_beat };
            sum += densities[frame as usize];
            sums.push(sum);
        }
    }
    sums
}

/// Log probability of a change of tempo that is on a path.
fn transition(model: &BarModel, from: usize, to: usize) -> f64 {
    model.sources[to].iter().find(|source| source.0 == from).map_or(0.0, |source| source.1)
}

#[cfg(test)]
mod tests {
    use super::super::{BeatDecoder, DecoderOptions};
    use super::*;

    /// Pulses of 50 frames; `is_downbeat` tells it of each.
    fn pulses(count: usize, is_downbeat: impl Fn(usize) -> bool) -> Vec<f32> {
        let mut activations = vec![0.01; 2 * 50 * count];
        for pulse in 0..count {
            activations[100 * pulse + usize::from(is_downbeat(pulse))] = 0.9;
        }
        activations
    }

    fn metre(activations: &[f32], beats_per_bar: &[usize]) -> Metre {
        let options =
            DecoderOptions { beats_per_bar: beats_per_bar.to_vec(), ..DecoderOptions::default() };
        BeatDecoder::new(&options).unwrap().decode(activations, 0.05).metre.unwrap()
    }

    #[test]
    fn clear_bars_agree() {
        let found = metre(&pulses(48, |pulse| pulse % 4 == 0), &[3, 4]);
        assert_eq!((found.beats_per_bar, found.disagreeing), (4, 0));
        assert!(found.bars >= 10 && found.confidence > 0.99, "{found:?}");
    }

    #[test]
    fn bars_of_another_length_in_between_disagree() {
        // Twelve bars of four, then six of three.
        let found = metre(
            &pulses(48 + 18, |pulse| if pulse < 48 { pulse % 4 == 0 } else { pulse % 3 == 0 }),
            &[3, 4],
        );
        assert_eq!(found.beats_per_bar, 4);
        assert!((3..=6).contains(&found.disagreeing), "{found:?}");
        let agreeing = 1.0 - found.disagreeing as f64 / found.bars as f64;
        assert!((found.confidence - agreeing).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn one_length_alone_is_certain() {
        let found = metre(&pulses(50, |pulse| pulse % 5 == 0), &[5]);
        assert_eq!((found.beats_per_bar, found.disagreeing, found.confidence), (5, 0, 1.0));
    }

    #[test]
    fn sums_end_at_the_score_without_the_prior() {
        let activations = pulses(30, |pulse| pulse % 3 == 0);
        let densities = LogDensities::new(activations.as_chunks().0);
        let decoder = BeatDecoder::default();
        for (model, path) in decoder.models.iter().zip(decoder.best_paths(&densities)) {
            let sums = running_sums(model, &path.spans, &densities);
            assert_eq!(sums.len(), densities.frames() + 1);
            let gained = path.score - model.initial;
            // A change of tempo right before the first frame is not part of the spans.
            assert!((sums.last().unwrap() - gained).abs() < 1.0, "{gained}");
        }
    }
}
