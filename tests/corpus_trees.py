"""A small made-up tree of every corpus that ``prepare`` reads, in the layout in which it is distributed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

ACCENT_QUESTION = "How would you describe your accent in English? (e.g. Italian, Glaswegian)"


def sound(kind: str) -> bytes:
    """Return two seconds of noise as a file of that kind."""
    made = io.BytesIO()
    soundfile.write(made, np.random.default_rng(1).normal(0, 0.1, 16_000), 8_000, format=kind)
    return made.getvalue()


SOUNDS = {".wav": sound("WAV"), ".flac": sound("FLAC"), ".mp3": sound("MP3"), ".mp4": sound("WAV")}


def files(root: Path, tree: Mapping[str, str | bytes]) -> Path:
    """Write texts and sounds (two seconds of noise where the value is "sound") below ``root``."""
    for name, value in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if value == "sound":
            path.write_bytes(SOUNDS[path.suffix.lower()])
        else:
            path.write_bytes(value if isinstance(value, bytes) else value.encode())
    return root


def common_voice(root: Path) -> Path:
    header = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\tlocale\tsegment\n"
    rows = (
        'ann\ta.mp3\tShe said "no" and "yes.\t2\t0\ttwenties\tfemale_feminine\tScottish English,Glasgow\ten\t\n'
        "bob\tb.mp3\tNaN\t2\t0\t\t\t\ten\t\n"
    )
    clips = {f"clips/{name}.mp3": "sound" for name in "ab"}
    return files(root, {"validated.tsv": "\ufeff" + header + rows, "test.tsv": header, **clips})


def speech_accent_archive(root: Path) -> Path:
    return files(
        root,
        {
            "speakers_all.csv": (
                "age,age_onset,birthplace,filename,native_language,sex,speakerid,country,file_missing?,,,\n"
                '24,12,"koussi, senegal",balanta1,balanta,male,788,senegal,FALSE,,,\n'
                "18,10,sofia,bulgarian1,bulgarian,female,2,bulgaria,TRUE,,,\n"
                '33,0,"perth, australia",english9,english,female,3,australia,FALSE,,,\n'
            ),
            "reading-passage.txt": "One made-up line.\nAnd another.\n",
            "recordings/recordings/balanta1.mp3": "sound",
            "recordings/recordings/english9.mp3": "sound",
        },
    )


def l2_arctic(root: Path) -> Path:
    table = "|Speaker|Gender|Native Language|# Wav Files|\n|---|---|---|---|\n|ABA|M|Arabic|1129|\n|BWC|M|Chinese|1130|\n|**Total**||||\n"
    return files(
        root,
        {
            "README.md": f"# Corpus\n\n{table}",
            "ABA/transcript/arctic_a0001.txt": "A made-up sentence.\n",
            "ABA/wav/arctic_a0001.wav": "sound",
            "BWC/BWC/transcript/arctic_a0001.txt": "A made-up sentence.",
            "BWC/BWC/wav/arctic_a0001.wav": "sound",
            "ZZZ/transcript/arctic_a0002.txt": "nobody knows me",
            "ZZZ/wav/arctic_a0002.wav": "sound",
            "suitcase_corpus/transcript/aba.txt": "they take the wrong bag",
            "suitcase_corpus/wav/aba.wav": "sound",
        },
    )


def vctk(root: Path) -> Path:
    return files(
        root,
        {
            "speaker-info.txt": (
                "ID  AGE  GENDER  ACCENTS  REGION COMMENTS \np225  23  F    English    Southern  England\n"
                "p280  25  F    Unknown  (mic2 files unavailable)\np301  23  F    American    North Carolina \n"
            ),
            "txt/p225/p225_001.txt": "One made-up line.\n",
            "txt/p280/p280_001.txt": "One made-up line.\n",
            "txt/s5/s5_001.txt": "One made-up line.\n",
            "wav48_silence_trimmed/p225/p225_001_mic1.flac": "sound",
            "wav48_silence_trimmed/p225/p225_001_mic2.flac": "sound",
            "wav48_silence_trimmed/p280/p280_001_mic1.flac": "sound",
            "wav48_silence_trimmed/s5/s5_001_mic1.flac": "sound",
        },
    )


def edacc(root: Path) -> Path:
    return files(
        root,
        {
            "data/EDACC-C01.wav": "sound",
            "dev/stm": (
                ";; comment\nEDACC-C01 1 EDACC-C01-A 0.00 0.50 <female,l1> HELLO THERE\n"
                "EDACC-C01 1 EDACC-C01-B 0.50 1.00 <male,l2> IGNORE_TIME_SEGMENT_IN_SCORING\n"
                "EDACC-C01 1 EDACC-C01-B 1.00 1.50 <male,l2> HI <laugh>\n"
            ),
            "test/stm": "EDACC-C01 1 EDACC-C01-B -1.0 1.50 <male,l2> BACKWARDS\nnot a line\n",
            "linguistic_background.csv": (
                f'Timestamp,PARTICIPANT_ID,What is your gender?,"{ACCENT_QUESTION}",'
                "What’s your ethnic background? ,What’s your year of birth? (e.g.; 1992)\n"
                "x,EDACC-C01-A,Female,Glaswegian ,White,1990\nx,EDACC-C01-B,Prefer not to say,,,\n"
            ),
        },
    )


def coraal(root: Path) -> Path:
    return files(
        root,
        {
            "ATL_metadata_2020.05.txt": (
                "CORAAL.Spkr\tCORAAL.File\tGender\tAge\tAge.Group\tYear.of.Birth\tEducation\tInterviewer.Gender\n"
                "ATL_se0_ag1_f_01\tATL_se0_ag1_f_01_1\tFemale\t24\t20 to 29\tNA\tSome college\tMale\n"
            ),
            "ATL_textfiles_2020.05/ATL_se0_ag1_f_01_1.txt": (
                "Line\tSpkr\tStTime\tContent\tEnTime\n"
                '1\tATL_int_01\t0.0\tSay "hello.\t0.4\n'
                "2\tATL_se0_ag1_f_01\t0.4\t(pause 0.10)\t0.5\n"
                '3\tATL_se0_ag1_f_01\t0.5\tI [said] "it.\t1.25\n'
            ),
            "ATL_audio_part01_2020.05/ATL_se0_ag1_f_01_1.wav": "sound",
        },
    )


def afrispeech(root: Path) -> Path:
    head = "idx,user_ids,accent,age_group,country,transcript,nchars,audio_ids,audio_paths,duration,origin,domain,split,gender\n"
    return files(
        root,
        {
            "transcripts/yoruba/test.csv": head
            + 'i1,u1,yoruba,26-40,NG,"A made-up line, read.",9,x,/AfriSpeech-100/test/d1/x.wav,2.0,nigerian,clinical,test,Male\n',
            "transcripts/hausa/dev.csv": head
            + "i2,u2,hausa,,NG,Another line.,9,y,/AfriSpeech-100/dev/d2/y.wav,2.0,nigerian,general,dev,nan\n",
            "audio/d1/x.wav": "sound",
            "audio/hausa/dev/y.wav": "sound",
        },
    )


def svarah(root: Path) -> Path:
    rows = [{"audio_filepath": f"audio/{n}.wav", "duration": 2.0, "text": f"line {n}"} for n in "ab"]
    table = "speaker_id,duration,text,gender,age-group,primary_language,native_place_state\n"
    table += "S1,2.0,line a,Female,18-30,Odia,Odisha\nS1,2.0,another line,Male,18-30,Odia,Odisha\n"
    return files(
        root,
        {
            "svarah_manifest.json": "".join(json.dumps(row) + "\n" for row in rows) + "{broken\n",
            "meta_speaker_stats.csv": table,
            "audio/a.wav": "sound",
            "audio/b.wav": "sound",
        },
    )


def fair_speech(root: Path) -> Path:
    head = "hash_name\ttranscription\tage\tgender\tfirst_language\tsocioeconomic_bkgd\tethnicity\n"
    return files(
        root,
        {
            "metadata.tsv": head
            + 'h1\they play "that song\t18 - 22\tfemale\tEnglish\tLow\tWhite\nh2\tnull\t23 - 30\tmale\tHindi\tMedium\tAsian\n',
            "asr/h1.wav": "sound",
            "asr/h2.wav": "sound",
        },
    )


def casual_conversations(root: Path) -> Path:
    subjects = {
        "0001": {
            "files": ["CasualConversationsA/0001/0001_00.MP4"],
            "dark_files": [],
            "label": {"age": "N/A", "gender": "Female", "skin-type": "5"},
        }
    }
    texts = [
        {"video_path": "CasualConversationsA/0001/0001_00.MP4", "transcription": "[primary hello _primary] there"},
        {"video_path": "CasualConversationsA/0009/0009_00.MP4", "transcription": "who"},
    ]
    return files(
        root,
        {
            "CC_annotations/CasualConversations.json": json.dumps(subjects),
            "CC_annotations/CasualConversations_transcriptions.json": json.dumps(texts),
            "CasualConversationsA/0001/0001_00.MP4": "sound",
        },
    )


def casual_conversations_v2(root: Path) -> Path:
    said = {"age": "34", "gender": "cis woman", "native_language": "tagalog", "monk_skin_tone": {"scale": "scale 6"}}
    videos = [
        {"video_name": "0001_a.mp4", "subject_id": "0001", "geo_location": {"country": "Philippines"}, **said},
        {"video_name": "0002_b.mp4", "subject_id": "0002", "age": "prefer not to say", "gender": None},
    ]
    return files(
        root,
        {
            "annotations/CasualConversationsV2.json": json.dumps(videos),
            "ours.csv": "video_name,text\n0001_a.mp4,null\n0002_b.mp4,well then\n0009_c.mp4,who\n",
            "part-1/0001_a.wav": "sound",
            "part-2/0002_b.wav": "sound",
        },
    )


def globe(root: Path) -> Path:
    (root / "data").mkdir(parents=True)
    rows = [
        {
            "audio": {"bytes": SOUNDS[".wav"], "path": f"{name}.wav"},
            "speaker_id": f"S_{name}",
            "transcript": text,
            "accent": accent,
            "duration": 2.0,
            "age": "twenties",
            "gender": None,
        }
        for name, text, accent in (("a", "null", "Irish English"), ("b", "A made-up line.", "Hong Kong English"))
    ]
    rows.append({**rows[0], "audio": {"bytes": None, "path": "c.wav"}})
    pd.DataFrame(rows).to_parquet(root / "data" / "test-00000-of-00001.parquet")
    return root


def librispeech(root: Path) -> Path:
    return files(
        root,
        {
            "SPEAKERS.TXT": "; a comment\n;ID  |SEX| SUBSET | MINUTES | NAME\n1089 | M | test-clean | 8.03 | A | B\n",
            "test-clean/1089/134686/1089-134686.trans.txt": "1089-134686-0000 ONE MADE UP LINE\n1089-134686-0001 ANOTHER\n",
            "test-clean/1089/134686/1089-134686-0000.flac": "sound",
            "test-clean/1089/134686/1089-134686-0001.flac": "sound",
            "dev-other/7/8/7-8.trans.txt": "7-8-0000 UNKNOWN READER\n",
            "dev-other/7/8/7-8-0000.flac": "sound",
        },
    )


def fsdd(root: Path) -> Path:
    return files(
        root,
        {
            "metadata.py": (
                "import os\nos.environ['FSDD_WAS_RUN'] = 'yes'\n"
                "metadata = {'jo': {'gender': 'female', 'accent': 'X/y', 'language': 'english'}}\n"
            ),
            "recordings/7_jo_0.wav": "sound",
            "recordings/0_li_12.wav": "sound",
            "recordings/notes.wav": "sound",
        },
    )


def audio_mnist(root: Path) -> Path:
    said = {
        "accent": "German",
        "age": "30",
        "gender": "male",
        "native speaker": "no",
        "origin": "Europe, Germany, Berlin",
    }
    return files(
        root,
        {
            "data/audioMNIST_meta.txt": json.dumps({"01": said}),
            "data/01/3_01_24.wav": "sound",
            "data/01/3_02_24.wav": "sound",
            "data/60/9_60_0.wav": "sound",
        },
    )


def speechocean762(root: Path) -> Path:
    split = {
        "text": "000010011\tWE CALL IT BEAR\n000010035\tRUN ME\n",
        "wav.scp": "000010011\tWAVE/SPEAKER0001/000010011.WAV\n000010035\tcat x |\n",
        "utt2spk": "000010011\t0001\n000010035\t0001\n",
        "spk2age": "0001\t6\n",
        "spk2gender": "0001\tm\n",
    }
    other = {name: text.replace("00001", "00002").replace("0001", "0002") for name, text in split.items()}
    return files(
        root,
        {
            **{f"train/{name}": text for name, text in split.items()},
            **{f"test/{name}": text for name, text in other.items()},
            "WAVE/SPEAKER0001/000010011.WAV": "sound",
            "WAVE/SPEAKER0002/000020011.WAV": "sound",
            "resource/scores.json": json.dumps({"000010011": {"text": "WE CALL IT BEAR", "total": 8}}),
        },
    )


TREES: dict[str, Callable[[Path], Path]] = {
    "common-voice": common_voice,
    "speech-accent-archive": speech_accent_archive,
    "l2-arctic": l2_arctic,
    "vctk": vctk,
    "edacc": edacc,
    "coraal": coraal,
    "afrispeech-200": afrispeech,
    "svarah": svarah,
    "fair-speech": fair_speech,
    "casual-conversations": casual_conversations,
    "globe": globe,
    "librispeech": librispeech,
    "fsdd": fsdd,
    "audio-mnist": audio_mnist,
    "speechocean762": speechocean762,
}
