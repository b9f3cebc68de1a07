//! The order of channels in Vorbis and Opus.

/// The place of a channel of Vorbis, or of Opus of family 1, in the order of WAV and of ffmpeg.
pub(super) fn plane_of(channels: usize, channel: usize) -> usize {
    let order: &[usize] = match channels {
        3 => &[0, 2, 1],
        5 => &[0, 2, 1, 3, 4],
        6 => &[0, 2, 1, 4, 5, 3],
        7 => &[0, 2, 1, 5, 6, 4, 3],
        8 => &[0, 2, 1, 6, 7, 4, 5, 3],
        _ => return channel,
    };
    order[channel]
}
