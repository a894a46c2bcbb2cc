"""FACTS: what was measured on every utterance under every condition, with the unit of each column."""

from __future__ import annotations

from workbench.schema.table import Column, Table
from workbench.schema.table import column as _c


def _fact(name: str, meaning: str) -> Column:
    return _c(name, "float64", meaning, nullable=True)


FACTS = Table(
    "FACTS",
    "What was measured on the audio, one row per utterance x condition. A column is empty where the fact does not apply.",
    (
        _c("utterance_id", "str", "`<corpus>/<source id>`"),
        _c("condition_id", "str", "the condition, e.g. `white_noise@2`"),
        _c("audio_digest", "str", "SHA-256 of the samples that the engine heard", nullable=True),
        # measured on every utterance
        _fact(
            "taken_channel",
            "channel of the file that is heard, from 1, because its channels cancel each other when averaged; empty where their mean is "
            "heard, and where the manifest names a channel",
        ),
        _fact("active_level_db", "dBov; level of the speech before the condition, pauses left out (ITU-T P.56)"),
        _fact("activity_factor", "0 to 1; share of the time in which the speech before is active (ITU-T P.56)"),
        _fact("source_floor_db", "dBov; level of the quietest tenth of the recording before, in frames of 20 ms"),
        _fact(
            "source_snr_db",
            "dB; active_level_db minus source_floor_db: an estimate of the original's own signal-to-noise ratio, too low "
            "where nobody pauses; empty for less than 0.2 s and where the pauses are digital silence",
        ),
        _fact("heard_active_level_db", "dBov; the same level of what the engine hears, noise and all"),
        _fact(
            "heard_activity_factor",
            "0 to 1; the same share of what the engine hears: steady noise is active throughout",
        ),
        _fact("peak", "0 to 1; greatest size of a sample that the engine hears"),
        _fact("full_scale_percent", "%; share of the samples heard at full scale (32767/32768 or more)"),
        _fact("full_scale_run_samples", "samples; the longest run of them; 3 or more in a row are clipping"),
        _fact("rolloff_hz", "Hz; below it lies 95 % of the energy of what is heard; empty for silence"),
        _fact(
            "stoi",
            "about 0 to 1; intelligibility against the clean speech (STOI, Taal et al. 2011); empty for less than 0.4 s of "
            "speech, another length, or no speech",
        ),
        _fact(
            "si_sdr_db",
            "dB; scale-invariant signal-to-distortion ratio against the clean speech (Le Roux et al. 2019), a delay of up "
            "to 2 ms taken out; empty where nothing differs, for another length, or no speech",
        ),
        # what a condition knows of itself
        _fact(
            "achieved_snr_db",
            "dB; active level of the speech minus that of what was added, measured on the mixed samples",
        ),
        _fact("achieved_a_weighted_snr_db", "dB; the same, with both sides A-weighted (IEC 61672-1)"),
        _fact("direct_snr_db", "dB; level of the direct sound minus that of the room's noise"),
        _fact("self_noise_snr_db", "dB; active level of the speech minus that of the microphone's own noise"),
        _fact("quantisation_snr_db", "dB; level of the quiet speech minus that of the rounding error"),
        _fact(
            "gain_db", "dB, 0 or less; by how much all was turned down to stay within full scale; empty for not at all"
        ),
        _fact("rt60_s", "s; reverberation time, measured on the response (Schroeder, -5 to -35 dB)"),
        _fact("drr_db", "dB; energy of the direct sound over that of the reverberation"),
        _fact("delay_ms", "ms; delay of the echo"),
        _fact("bandwidth_hz", "Hz; below it lies 99.9 % of the energy after a codec or a band limit"),
        _fact("low_hz", "Hz; lower edge of the band that a handset passes"),
        _fact("high_hz", "Hz; upper edge of the band that a handset passes"),
        _fact("loss_db", "dB; what a mask takes from the level"),
        _fact("codec_delay_ms", "ms; delay of the codec, which was taken out again"),
        _fact("clipped_percent", "%; share of the samples in speech that were cut off"),
        _fact("gain_range_db", "dB; how far the gain of a gain control moved"),
        _fact("lost_percent", "%; share of the packets that were lost"),
        _fact("lost_packets", "packets; how many were lost"),
        _fact("longest_gap_s", "s; the longest gap of lost packets"),
        _fact("gaps", "gaps of silence in which the sound was gone"),
        _fact("muted_percent", "%; share of the time in these gaps"),
        _fact("sounding_share", "0 to 1; share of the time in which an intermittent sound is on"),
        _fact("blade_pass_hz", "Hz; tone of the fan's blades"),
        _fact("engine_hz", "Hz; tone of the car's engine"),
        _fact("drops", "drops of rain that were heard"),
        _fact("cars", "cars that passed"),
        _fact("horns", "horns that sounded"),
        _fact("overlap_start_s", "s; when the competing talker begins"),
        _fact("overlap_percent", "%; share of the utterance during which the competing talker speaks"),
        _fact("lowest_note_hz", "Hz; lowest note of the music"),
        _fact("clatters", "clatters of dishes that were heard"),
        _fact("alarm_high_sounding_share", "0 to 1; share of the time in which the high-priority alarm sounds"),
        _fact("alarm_medium_sounding_share", "0 to 1; share of the time in which the medium-priority alarm sounds"),
        _fact("steps", "footsteps that were heard"),
        _fact("keys", "keystrokes that were heard"),
        _fact("tempo", "times; speed of the speech afterwards, 1 as before"),
        _fact("frequency_ratio", "times; pitch afterwards, 1 as before"),
        _fact("largest_shift_ms", "ms; how far a word is moved in time at most"),
        _fact("shift_at_end_ms", "ms; how far the end is moved in time"),
        _fact("slips", "single samples that were left out or heard twice"),
        _fact("speech_start_s", "s; when the speech begins after silence was put before it"),
        _fact("inserted_at_s", "s; where silence was put into the speech"),
        _fact("inserted_s", "s; how much silence was put into the speech"),
        _fact("trailing_s", "s; how much silence was put after the speech"),
        _fact("recording_number", "which of the user's recordings is heard, from 1 in the order of their names"),
        _fact("excerpt_start_s", "s; where in that recording the excerpt begins"),
        _fact("recordings_passed_over", "recordings drawn before it that were silent or could not be decoded"),
        _fact("duration_s", "s; length of what is heard, where it is not that of the clean audio"),
    ),
    key=("utterance_id", "condition_id"),
    measures=True,
)

FACT_SUMMARY = Table(
    "FACT_SUMMARY",
    "What was measured, in short: one row per condition x fact.",
    (
        _c("condition_id", "str", "the condition"),
        _c("fact", "str", "a column of FACTS"),
        _c("n_utterances", "Int64", "utterances on which it could be measured"),
        _c("median", "float64", "half of these utterances lie below"),
        _c("p05", "float64", "5 % of them lie below"),
        _c("p95", "float64", "95 % of them lie below"),
    ),
    key=("condition_id", "fact"),
)
