"""What a person would hear: a piece that starts with them, moves on, sounds right and ends at home."""

from __future__ import annotations

import io
import itertools
from collections import defaultdict
from functools import cache

import numpy as np
import pytest

from core.entities import EMOTIONS, Emotion, Label, Tag
from core.music.generate import SoundfontComposer, title_of
from core.music.instruments import BANDS, INSTRUMENTS, THEME_LEADS
from core.music.melody import strong
from core.music.plan import make_plan, palette
from core.music.render import RATE, encode, loudness, render, true_peak
from core.music.score import Score, to_midi, to_symusic, write_score
from core.music.themes import THEMES
from core.phrases import LANGUAGES, say, variants

PIECES = [(name, seed) for name in EMOTIONS for seed in range(5)]


def feeling(name: str) -> Emotion:
    entry = palette()[name]
    return Emotion(entry["valence"], entry["arousal"], entry["dominance"], (Label(name, 0.9),), 0.9)


@cache
def written(name: str, seed: int) -> Score:
    return write_score(make_plan(feeling(name), (), seed))


def lead_of(score: Score) -> list[tuple[float, int]]:
    """(beat as it was meant, pitch) of the melody, without the player's unevenness."""
    return [(round(note.start * 4) / 4, note.pitch) for note in score.notes if note.part == "lead"]


def decode(audio: bytes) -> np.ndarray:
    """A file's sound as samples (2, n) at RATE."""
    import av

    with av.open(io.BytesIO(audio), "r") as file:
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        frames = [part.to_ndarray() for frame in file.decode(audio=0) for part in resampler.resample(frame)]
        frames += [part.to_ndarray() for part in resampler.resample(None)]
    return np.concatenate(frames, axis=1)


def test_strong_beats_of_the_melody_are_chord_tones() -> None:
    checked = 0
    for name, seed in PIECES:
        score = written(name, seed)
        for beat, pitch in lead_of(score):
            if strong(beat % score.plan.beats, score.plan.beats):
                chord = next(chord for chord in reversed(score.chords) if chord.start <= beat)
                assert pitch % 12 in chord.tones, (name, seed, beat)
                checked += 1
    assert checked > 900


def test_every_note_is_in_the_key_of_its_bar() -> None:
    for name, seed in PIECES:
        score = written(name, seed)
        for note in score.notes:
            if note.part != "drums":
                bar = int((note.start + 0.1) // score.plan.beats)
                assert note.pitch % 12 in score.plan.key_at(bar).scale, (name, seed, note)


def test_passing_notes_of_the_melody_are_left_by_step() -> None:
    for name, seed in PIECES:
        score = written(name, seed)
        melody = lead_of(score)
        for (beat, pitch), (_, after) in itertools.pairwise(melody):
            chord = next(chord for chord in reversed(score.chords) if chord.start <= beat)
            if pitch % 12 not in chord.tones:
                assert abs(after - pitch) <= 2, (name, seed, beat)


def test_no_voice_leaves_its_range_or_overlaps_itself() -> None:
    for name, seed in PIECES:
        score = written(name, seed)
        voices = defaultdict(list)
        for note in score.notes:
            voices[note.voice].append(note)
            if note.part != "drums":
                player = getattr(score.plan, note.part)
                assert player.low <= note.pitch <= player.high, (name, seed, note, player)
            assert 1 <= note.velocity <= 127 and note.length > 0
        for voice in voices.values():
            for one, two in itertools.pairwise(voice):
                assert one.start + one.length <= two.start, (name, seed, one, two)


def test_voices_move_little_and_not_in_parallel_fifths() -> None:
    from core.music.harmony import lead_voices

    moves, parallels, changes = [], 0, 0
    for name, seed in PIECES:
        voicings = lead_voices(written(name, seed).chords)
        for one, two in itertools.pairwise(voicings):
            moves += [abs(a - b) for a, b in zip(one.voices, two.voices, strict=True)]
            then, now = (one.bass, one.voices[-1]), (two.bass, two.voices[-1])
            changes += 1
            parallels += then != now and (then[1] - then[0]) % 12 == (now[1] - now[0]) % 12 == 7
    assert np.mean(moves) < 2.5
    assert parallels < 0.03 * changes


def test_sad_goes_from_minor_to_major_slower_and_ends_on_the_tonic() -> None:
    for name, seed in PIECES:
        score = written(name, seed)
        plan = score.plan
        assert plan.start.mode == palette()[name]["mode"]
        assert plan.end.mode == "major"
        assert plan.end_bpm < plan.start_bpm
        assert lead_of(score)[-1][1] % 12 == plan.end.tonic
        bass = [note for note in score.notes if note.part == "bass"]
        assert bass[-1].pitch % 12 == plan.end.tonic
        assert 23.5 < score.second_at(plan.beats * (plan.bars - 1)) < 27.0  # then it rings
        assert abs(plan.start_bpm / palette()[name]["tempo_bpm"] - 1) < 0.11
    assert make_plan(feeling("sadness"), (), 1).readable().startswith("A minor → ")


def test_the_motif_returns() -> None:
    returned = 0
    for name, seed in PIECES:
        score = written(name, seed)
        span = score.plan.beats * 2
        melody = lead_of(score)
        opening = [beat for beat, _ in melody if beat < score.plan.beats]
        home = score.form.rindex("A") * span
        again = [beat - home for beat, _ in melody if home <= beat < home + score.plan.beats]
        returned += opening == again
    assert returned > 0.95 * len(PIECES)


def test_seeds_decide_everything() -> None:
    assert written("joy", 5).notes == write_score(make_plan(feeling("joy"), (), 5)).notes
    melodies = {tuple(lead_of(written("sadness", seed))) for seed in range(40)}
    assert len(melodies) == 40
    assert len({make_plan(feeling("calm"), (), seed).lead.name for seed in range(40)}) >= 3


def test_rain_brings_the_music_box_and_a_title_of_rain() -> None:
    rain = (Tag("rain", "비", "umbrella", "weather"),)
    leads = {make_plan(feeling("sadness"), rain, seed).lead.name for seed in range(30)}
    assert "music box" in leads
    titles = {title_of(feeling("sadness"), rain, "ko", seed) for seed in range(60)}
    assert "비 온 뒤의 창가" in titles and len(titles) > 5


def test_a_lonely_birthday_gets_no_party() -> None:
    cake = (Tag("birthday", "생일", "birthday-cake", "food"),)
    for language in LANGUAGES:
        party = {say(language, key) for key in variants(language, "music.title.party")}
        assert not party & {title_of(feeling("loneliness"), cake, language, seed) for seed in range(60)}
        assert party & {title_of(feeling("joy"), cake, language, seed) for seed in range(60)}


def test_every_emotion_and_theme_has_titles_in_both_languages() -> None:
    for language in LANGUAGES:
        for subject in (*EMOTIONS, *THEMES):
            assert len(variants(language, f"music.title.{subject}")) >= 4, (language, subject)


def test_every_instrument_that_is_asked_for_is_known() -> None:
    asked = {name for band in BANDS.values() for names in band.values() for name in names}
    assert asked | {name for names in THEME_LEADS.values() for name in names} <= set(INSTRUMENTS)
    assert set(THEME_LEADS) == set(THEMES)


def test_midi_holds_the_same_notes() -> None:
    import symusic

    score = written("love", 3)
    read = symusic.Score.from_midi(to_midi(score))
    assert sum(len(track.notes) for track in read.tracks) == len(score.notes)
    assert abs(read.to("second").end() - to_symusic(score).to("second").end()) < 0.05


@pytest.mark.parametrize("name", ["sadness", "excitement", "calm", "anger"])
def test_the_sound_is_clean(name: str) -> None:
    samples = render(written(name, 7))
    assert samples.shape == (2, 30 * RATE)
    assert abs(loudness(samples) + 16) < 0.5
    assert 20 * np.log10(true_peak(samples)) < -1
    assert np.abs(samples.mean(axis=1)).max() < 1e-4
    assert np.abs(samples[:, :2]).max() < 1e-3 and np.abs(samples[:, -2:]).max() < 1e-4
    jumps = np.abs(np.diff(samples, axis=1))
    assert jumps.max() < 0.5 * np.abs(samples).max() + 0.15  # a click is a jump of about the full height
    quarter = RATE * 30 // 4
    assert all(np.sqrt((samples[:, i * quarter : (i + 1) * quarter] ** 2).mean()) > 0.01 for i in range(4))
    assert np.sqrt((samples[:, -RATE // 2 :] ** 2).mean()) < 0.3 * np.sqrt((samples**2).mean())


def test_the_file_plays_back_at_its_length_and_loudness() -> None:
    music = SoundfontComposer().compose(feeling("loneliness"), (), "ko", 11)
    assert music.mime == "audio/mpeg" and music.seconds == 30 and music.engine == "soundfont-1"
    assert "→" in music.prompt and music.title
    heard = decode(music.audio)
    assert abs(heard.shape[1] / RATE - 30) < 0.1
    assert abs(loudness(heard) + 16) < 0.5
    assert 20 * np.log10(true_peak(heard)) < -0.9
    assert len(music.audio) < 700_000


@pytest.mark.parametrize("kind", ["mp3", "m4a", "ogg"])
def test_every_kind_of_file_decodes_again(kind: str) -> None:
    import av

    tone = np.sin(2 * np.pi * 440 * np.arange(3 * RATE) / RATE).astype(np.float32) * 0.3
    audio = encode(np.stack([tone, tone]), kind, title="비")
    with av.open(io.BytesIO(audio)) as file:
        assert file.streams.audio[0].codec_context.sample_rate == RATE
        assert {**file.metadata, **file.streams.audio[0].metadata}["title"] == "비"
    heard = decode(audio)
    assert abs(heard.shape[1] / RATE - 3) < 0.1
    assert abs(loudness(heard) - loudness(np.stack([tone, tone]))) < 0.1


def test_loudness_of_a_known_tone() -> None:
    """ITU-R BS.1770-4: a 997 Hz sine at 0 dBFS in one channel reads -3.01 LKFS."""
    tone = np.sin(2 * np.pi * 997 * np.arange(5 * RATE) / RATE)
    assert abs(loudness(np.stack([tone, np.zeros_like(tone)])) + 3.01) < 0.05
