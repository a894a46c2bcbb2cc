"""A made-up file for each format of transcripts, laid out as its maker's public document (``source``) says, and what it holds.

Every text, name and number is ours; the keys and the order of fields are the documents'.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """``texts`` are those of the segments in order, ``words`` how many have times, the rest what the first segment has."""

    file: str
    content: str
    source: str
    texts: tuple[str, ...]
    name: str = "c1"
    words: int = 0
    span: tuple[float | None, float | None] = (None, None)
    confidence: float | None = None
    channels: tuple[int | None, ...] = ()
    speakers: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_WHISPER_SEGMENTS = [
    {"id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": " Please turn", "tokens": [1, 2], "temperature": 0.0,
     "avg_logprob": 0.0, "compression_ratio": 1.0, "no_speech_prob": 0.01,
     "words": [{"word": " Please", "start": 0.0, "end": 0.6, "probability": 0.9},
               {"word": " turn", "start": 0.6, "end": 1.5, "probability": 0.8}]},
    {"id": 1, "seek": 0, "start": 1.5, "end": 2.0, "text": " it off.", "tokens": [3], "temperature": 0.0,
     "avg_logprob": -0.5, "compression_ratio": 1.0, "no_speech_prob": 0.02, "words": []},
]  # fmt: skip

SAMPLES: dict[str, Sample] = {
    "whisper": Sample(
        "c1.json", _json({"text": " Please turn it off.", "segments": _WHISPER_SEGMENTS, "language": "en"}),
        "https://github.com/openai/whisper/blob/main/whisper/transcribe.py",
        ("Please turn", "it off."), words=2, span=(0.0, 1.5), confidence=1.0,
    ),
    "whisperx": Sample(
        "c1.json",
        _json({"segments": [
            {"start": 0.0, "end": 1.5, "text": " Please turn", "speaker": "SPEAKER_00",
             "words": [{"word": "Please", "start": 0.0, "end": 0.6, "score": 0.9, "speaker": "SPEAKER_00"}, {"word": "3"}]},
            {"start": 1.5, "end": 2.0, "text": "it off.", "speaker": "SPEAKER_01", "words": []},
        ], "word_segments": [], "language": "en"}),
        "https://github.com/m-bain/whisperX",
        ("Please turn", "it off."), words=1, span=(0.0, 1.5), speakers=("SPEAKER_00", "SPEAKER_01"),
    ),
    "faster-whisper": Sample(
        "c1.json", _json(_WHISPER_SEGMENTS), "https://github.com/SYSTRAN/faster-whisper",
        ("Please turn", "it off."), words=2, span=(0.0, 1.5), confidence=1.0,
    ),
    "transformers": Sample(
        "c1.json", _json({"text": " Please turn it off.", "chunks": [{"timestamp": [0.0, 1.5], "text": " Please turn"},
                                                                   {"timestamp": [1.5, None], "text": " it off."}]}),
        "https://huggingface.co/docs/transformers/main_classes/pipelines", ("Please turn", "it off."), span=(0.0, 1.5),
    ),
    "whisper.cpp": Sample(
        "c1.wav.json",
        _json({"systeminfo": "", "model": {"type": "base"}, "params": {"language": "en"}, "result": {"language": "en"},
               "transcription": [{
                   "timestamps": {"from": "00:00:00,000", "to": "00:00:02,000"}, "offsets": {"from": 0, "to": 2000},
                   "text": " Please turn it off.",
                   "tokens": [
                       {"text": "[_BEG_]", "offsets": {"from": 0, "to": 0}, "id": 50363, "p": 0.9},
                       {"text": " Please", "offsets": {"from": 0, "to": 600}, "id": 1, "p": 0.75},
                       {"text": " turn", "offsets": {"from": 600, "to": 1500}, "id": 2, "p": 0.5},
                       {"text": " of", "offsets": {"from": 1500, "to": 1800}, "id": 3, "p": 0.25},
                       {"text": "f.", "offsets": {"from": 1800, "to": 2000}, "id": 4, "p": 0.5},
                   ]}]}),
        "https://github.com/ggml-org/whisper.cpp/blob/master/examples/cli/cli.cpp",
        ("Please turn it off.",), name="c1.wav", words=3, span=(0.0, 2.0), confidence=0.5,
    ),
    "amazon-transcribe": Sample(
        "c1.json",
        _json({"jobName": "job-7", "accountId": "000000000000", "status": "COMPLETED", "results": {
            "transcripts": [{"transcript": "Please turn it off."}],
            "items": [
                {"type": "pronunciation", "start_time": "0.0", "end_time": "0.6", "alternatives": [{"confidence": "1.0", "content": "Please"}]},
                {"type": "pronunciation", "start_time": "0.6", "end_time": "1.5", "alternatives": [{"confidence": "0.5", "content": "turn"}]},
                {"type": "pronunciation", "start_time": "1.5", "end_time": "1.7", "alternatives": [{"confidence": "1.0", "content": "it"}]},
                {"type": "pronunciation", "start_time": "1.7", "end_time": "2.0", "alternatives": [{"confidence": "0.5", "content": "off"}]},
                {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]},
            ],
            "segments": [{"start_time": "0.0", "end_time": "2.0", "alternatives": [{"transcript": "Please turn it off."}, {"transcript": "Please burn it off."}]}],
        }}),
        "https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html",
        ("Please turn it off.",), words=4, span=(0.0, 2.0), confidence=0.75, alternatives=("Please burn it off.",),
    ),
    "amazon-transcribe channels": Sample(
        "c1.json",
        _json({"jobName": "job-8", "status": "COMPLETED", "results": {
            "transcripts": [{"transcript": "Hello. Hi."}],
            "channel_labels": {"number_of_channels": 2, "channels": [
                {"channel_label": "ch_0", "items": [
                    {"type": "pronunciation", "start_time": "0.0", "end_time": "0.5", "alternatives": [{"confidence": "0.9", "content": "Hello"}]},
                    {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]}]},
                {"channel_label": "ch_1", "items": [
                    {"type": "pronunciation", "start_time": "0.6", "end_time": "0.9", "alternatives": [{"confidence": "0.9", "content": "Hi"}]},
                    {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]}]},
            ]}, "items": []}}),
        "https://docs.aws.amazon.com/transcribe/latest/dg/channel-id.html",
        ("Hello.", "Hi."), words=2, span=(0.0, 0.5), confidence=0.9, channels=(1, 2),
    ),
    "amazon-transcribe speakers": Sample(
        "c1.json",
        _json({"jobName": "job-9", "status": "COMPLETED", "results": {
            "transcripts": [{"transcript": "Hello. Hi."}],
            "speaker_labels": {"speakers": 2, "segments": []},
            "items": [
                {"type": "pronunciation", "speaker_label": "spk_0", "start_time": "0.0", "end_time": "0.5", "alternatives": [{"confidence": "0.9", "content": "Hello"}]},
                {"type": "punctuation", "speaker_label": "spk_0", "alternatives": [{"confidence": "0.0", "content": "."}]},
                {"type": "pronunciation", "speaker_label": "spk_1", "start_time": "0.6", "end_time": "0.9", "alternatives": [{"confidence": "0.9", "content": "Hi"}]},
                {"type": "punctuation", "speaker_label": "spk_1", "alternatives": [{"confidence": "0.0", "content": "."}]}]}}),
        "https://docs.aws.amazon.com/transcribe/latest/dg/diarization-output-batch.html",
        ("Hello.", "Hi."), words=2, span=(0.0, 0.5), confidence=0.9, speakers=("spk_0", "spk_1"),
    ),
    "google-speech": Sample(
        "c1.json",
        _json({"results": [
            {"alternatives": [{"transcript": "please turn", "confidence": 0.5, "words": [
                {"startTime": "0s", "endTime": "0.600s", "word": "please"}, {"startTime": "0.600s", "endTime": "1.500s", "word": "turn"}]},
                {"transcript": "please burn"}], "resultEndTime": "1.500s", "languageCode": "en-us"},
            {"alternatives": [{"transcript": " it off", "confidence": 0.25}], "resultEndTime": "2s", "languageCode": "en-us"},
        ], "totalBilledTime": "15s", "requestId": "1"}),
        "https://cloud.google.com/speech-to-text/docs/reference/rest/v1/speech/recognize",
        ("please turn", "it off"), words=2, span=(0.0, 1.5), confidence=0.5, alternatives=("please burn",),
    ),
    "google-speech v2 batch": Sample(
        "answer.json",
        _json({"results": {"gs://bucket/audio/c1.wav": {"transcript": {"results": [
            {"alternatives": [{"transcript": "please turn", "confidence": 0.5, "words": [
                {"endOffset": "0.600s", "word": "please", "speakerLabel": "1"}, {"startOffset": "0.600s", "endOffset": "1.500s", "word": "turn", "speakerLabel": "1"}]}],
             "resultEndOffset": "1.500s", "languageCode": "en-us", "channelTag": 1}]}}}, "totalBilledDuration": "2s"}),
        "https://cloud.google.com/speech-to-text/v2/docs/batch-recognize",
        ("please turn",), name="gs://bucket/audio/c1.wav", words=2, span=(0.0, 1.5), confidence=0.5, channels=(1,), speakers=("1",),
    ),
    "google-speech speakers": Sample(
        "c1.json",
        _json({"name": "123", "done": True, "response": {"results": [
            {"alternatives": [{"transcript": "hello", "confidence": 0.5, "words": [{"endTime": "0.5s", "word": "hello"}]}]},
            {"alternatives": [{"transcript": "hi", "confidence": 0.5, "words": [{"startTime": "0.6s", "endTime": "0.9s", "word": "hi"}]}]},
            {"alternatives": [{"words": [{"endTime": "0.5s", "word": "hello", "speakerTag": 1}, {"startTime": "0.6s", "endTime": "0.9s", "word": "hi", "speakerTag": 2}]}]},
        ]}}),
        "https://cloud.google.com/speech-to-text/docs/multiple-voices",
        ("hello", "hi"), words=2, span=(0.0, 0.5), speakers=("1", "2"),
    ),
    "azure-batch": Sample(
        "contenturl_0.json",
        _json({"source": "https://store.example/audio/c1.wav?sig=1", "timestamp": "2026-01-01T00:00:00Z", "durationInTicks": 20000000, "duration": "PT2S",
               "combinedRecognizedPhrases": [{"channel": 0, "lexical": "please turn it off", "itn": "please turn it off", "maskedITN": "please turn it off", "display": "Please turn it off."}],
               "recognizedPhrases": [{"recognitionStatus": "Success", "channel": 0, "speaker": 1, "offset": "PT0.5S", "duration": "PT1.5S", "offsetInTicks": 5000000.0, "durationInTicks": 15000000.0,
                   "nBest": [{"confidence": 0.75, "lexical": "please turn it off", "itn": "please turn it off", "maskedITN": "please turn it off", "display": "Please turn it off.",
                              "words": [{"word": "please", "offset": "PT0.5S", "duration": "PT0.5S", "offsetInTicks": 5000000.0, "durationInTicks": 5000000.0, "confidence": 0.7}]},
                             {"confidence": 0.5, "lexical": "please burn it off", "itn": "", "maskedITN": "", "display": "Please burn it off."}]}]}),
        "https://learn.microsoft.com/azure/ai-services/speech-service/batch-transcription-get",
        ("Please turn it off.",), name="https://store.example/audio/c1.wav?sig=1", words=1, span=(0.5, 2.0), confidence=0.75,
        speakers=("1",), alternatives=("Please burn it off.",),
    ),
    "azure-fast": Sample(
        "c1.json",
        _json({"durationMilliseconds": 2000, "combinedPhrases": [{"channel": 0, "text": "Hello."}, {"channel": 1, "text": "Hi."}],
               "phrases": [
                   {"channel": 0, "speaker": 0, "offsetMilliseconds": 0, "durationMilliseconds": 500, "text": "Hello.", "locale": "en-US", "confidence": 0.75,
                    "words": [{"text": "Hello.", "offsetMilliseconds": 0, "durationMilliseconds": 500}]},
                   {"channel": 1, "speaker": 0, "offsetMilliseconds": 600, "durationMilliseconds": 300, "text": "Hi.", "locale": "en-US", "confidence": 0.5, "words": []}]}),
        "https://learn.microsoft.com/azure/ai-services/speech-service/fast-transcription-create",
        ("Hello.", "Hi."), words=1, span=(0.0, 0.5), confidence=0.75, channels=(1, 2), speakers=("0", "0"),
    ),
    "azure-short": Sample(
        "c1.json",
        _json({"RecognitionStatus": "Success", "Offset": 5000000, "Duration": 15000000, "DisplayText": "Please turn it off.",
               "NBest": [{"Confidence": 0.75, "Lexical": "please turn it off", "ITN": "", "MaskedITN": "", "Display": "Please turn it off."}]}),
        "https://learn.microsoft.com/azure/ai-services/speech-service/rest-speech-to-text-short",
        ("Please turn it off.",), span=(0.5, 2.0), confidence=0.75,
    ),
    "deepgram": Sample(
        "c1.json",
        _json({"metadata": {"request_id": "1", "sha256": "0", "duration": 2.0, "channels": 1}, "results": {"channels": [{"alternatives": [
            {"transcript": "Please turn it off.", "confidence": 0.75, "words": [{"word": "please", "punctuated_word": "Please", "start": 0.0, "end": 0.6, "confidence": 0.9}]},
            {"transcript": "Please burn it off.", "confidence": 0.5, "words": []}]}]}}),
        "https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded",
        ("Please turn it off.",), words=1, span=(0.0, 0.6), confidence=0.75, alternatives=("Please burn it off.",),
    ),
    "deepgram utterances": Sample(
        "c1.json",
        _json({"metadata": {"channels": 2}, "results": {"channels": [{"alternatives": [{"transcript": "hello", "confidence": 1.0}]}, {"alternatives": [{"transcript": "hi", "confidence": 1.0}]}],
               "utterances": [{"start": 0.0, "end": 0.5, "confidence": 0.75, "channel": 0, "transcript": "hello", "speaker": 0, "words": []},
                              {"start": 0.6, "end": 0.9, "confidence": 0.5, "channel": 1, "transcript": "hi", "speaker": 1, "words": []}]}}),
        "https://developers.deepgram.com/docs/utterances",
        ("hello", "hi"), span=(0.0, 0.5), confidence=0.75, channels=(1, 2), speakers=("0", "1"),
    ),
    "assemblyai": Sample(
        "c1.json",
        _json({"id": "7", "status": "completed", "audio_url": "https://store.example/c1.wav", "text": "Hello. Hi.", "confidence": 0.75,
               "words": [{"text": "Hello.", "start": 0, "end": 500, "confidence": 0.9, "speaker": "A"}],
               "utterances": [{"speaker": "A", "text": "Hello.", "start": 0, "end": 500, "confidence": 0.75, "words": [{"text": "Hello.", "start": 0, "end": 500, "confidence": 0.9, "speaker": "A"}]},
                              {"speaker": "B", "text": "Hi.", "start": 600, "end": 900, "confidence": 0.5, "words": []}]}),
        "https://www.assemblyai.com/docs/api-reference/transcripts/get",
        ("Hello.", "Hi."), words=1, span=(0.0, 0.5), confidence=0.75, speakers=("A", "B"),
    ),
    "watson": Sample(
        "c1.json",
        _json({"result_index": 0, "results": [
            {"final": True, "alternatives": [
                {"transcript": "%HESITATION please turn it off ", "confidence": 0.75, "timestamps": [["%HESITATION", 0.0, 0.2], ["please", 0.2, 0.6]], "word_confidence": [["%HESITATION", 0.5], ["please", 0.75]]},
                {"transcript": "please burn it off "}]},
            {"final": False, "alternatives": [{"transcript": "and so "}]}],
            "speaker_labels": [{"from": 0.0, "to": 0.2, "speaker": 2, "confidence": 0.5, "final": False}, {"from": 0.2, "to": 0.6, "speaker": 2, "confidence": 0.5, "final": False}]}),
        "https://cloud.ibm.com/docs/speech-to-text?topic=speech-to-text-basic-response",
        ("%HESITATION please turn it off",), words=2, span=(0.0, 0.6), confidence=0.75, speakers=("2",), alternatives=("please burn it off",),
    ),
    "speechmatics": Sample(
        "answer.json",
        _json({"format": "2.9", "job": {"id": "j", "data_name": "c1.wav", "duration": 2}, "metadata": {"language_pack_info": {"word_delimiter": " "}},
               "results": [
                   {"type": "word", "start_time": 0.0, "end_time": 0.6, "alternatives": [{"content": "Hello", "confidence": 0.75, "language": "en", "speaker": "S1"}]},
                   {"type": "punctuation", "start_time": 0.6, "end_time": 0.6, "attaches_to": "previous", "is_eos": True, "alternatives": [{"content": ".", "confidence": 1.0, "speaker": "S1"}]},
                   {"type": "word", "start_time": 0.7, "end_time": 0.9, "alternatives": [{"content": "Hi", "confidence": 0.5, "language": "en", "speaker": "S2"}]},
                   {"type": "word", "start_time": 0.9, "end_time": 1.1, "alternatives": [{"content": "there", "confidence": 0.5, "language": "en", "speaker": "S2"}]}]}),
        "https://docs.speechmatics.com/speech-to-text/batch/output",
        ("Hello.", "Hi there"), name="answer", words=3, span=(0.0, 0.6), confidence=0.75, speakers=("S1", "S2"),
    ),
    "rev": Sample(
        "c1.json",
        _json({"monologues": [
            {"speaker": 0, "elements": [{"type": "text", "value": "Hello", "ts": 0.0, "end_ts": 0.5, "confidence": 0.75}, {"type": "punct", "value": ","}, {"type": "punct", "value": " "},
                                        {"type": "text", "value": "you", "ts": 0.5, "end_ts": 0.8, "confidence": 0.25}, {"type": "punct", "value": "."}]},
            {"speaker": 1, "elements": [{"type": "text", "value": "Hi", "ts": 0.9, "end_ts": 1.0, "confidence": 0.5}, {"type": "unknown", "value": "<noise>"}]}]}),
        "https://docs.rev.ai/api/asynchronous/transcript/",
        ("Hello, you.", "Hi"), words=3, span=(0.0, 0.8), confidence=0.5, speakers=("0", "1"),
    ),
    "vosk": Sample(
        "c1.json",
        '{\n  "result" : [{"conf" : 0.5, "end" : 0.6, "start" : 0.0, "word" : "please"}],\n  "text" : "please"\n}\n'
        '{"partial" : "turn it"}\n{"alternatives" : [{"confidence" : 212.5, "text" : "turn it off"}, {"confidence" : 210.0, "text" : "burn it off"}]}\n',
        "https://github.com/alphacep/vosk-api/blob/master/src/vosk_api.h",
        ("please", "turn it off"), words=1, span=(0.0, 0.6), confidence=0.5,
    ),
    "srt": Sample(
        "c1.srt", "1\n00:00:00,000 --> 00:00:01,500\nPlease turn\n<i>it off.</i>\n\n2\n01:00:02,000 --> 01:00:03,000\nRight &amp; now.\n",
        "https://www.loc.gov/preservation/digital/formats/fdd/fdd000569.shtml", ("Please turn it off.", "Right & now."), span=(0.0, 1.5),
    ),
    "vtt": Sample(
        "c1.vtt", "WEBVTT\n\nNOTE made up\n\n00:00.000 --> 00:01.500 align:left\n<v Nurse>Please turn <b>it</b> off.\n\ncue 2\n01:00:02.000 --> 01:00:03.000\nRight.\n",
        "https://www.w3.org/TR/webvtt1/", ("Please turn it off.", "Right."), span=(0.0, 1.5), speakers=("Nurse", ""),
    ),
    "textgrid": Sample(
        "c1.TextGrid",
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 2\ntiers? <exists>\nsize = 2\nitem []:\n'
        '    item [1]:\n        class = "IntervalTier"\n        name = "words"\n        xmin = 0\n        xmax = 2\n        intervals: size = 3\n'
        '        intervals [1]:\n            xmin = 0\n            xmax = 0.5\n            text = "please"\n'
        '        intervals [2]:\n            xmin = 0.5\n            xmax = 1\n            text = "sp"\n'
        '        intervals [3]:\n            xmin = 1\n            xmax = 2\n            text = "turn"\n'
        '    item [2]:\n        class = "IntervalTier"\n        name = "phones"\n        xmin = 0\n        xmax = 2\n        intervals: size = 1\n'
        '        intervals [1]:\n            xmin = 0\n            xmax = 2\n            text = "P"\n',
        "https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html", ("please turn",), words=2, span=(0.0, 2.0),
    ),
    "textgrid speakers": Sample(
        "c1.TextGrid",
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n2\n<exists>\n2\n"IntervalTier"\n"nurse"\n0\n2\n2\n0\n1\n"hello there"\n1\n2\n""\n'
        '"IntervalTier"\n"patient"\n0\n2\n2\n0\n1\n""\n1\n2\n"hi"\n',
        "https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html", ("hello there", "hi"), span=(0.0, 1.0), speakers=("nurse", "patient"),
    ),
    "ctm": Sample(
        "hyp.ctm", ";; made up\nc1 1 0.60 0.90 turn 0.25\nc1 1 0.00 0.60 please 0.75\nc1 1 1.5 0.1 @ 1.0\n",
        "https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm", ("please turn",), words=2, span=(0.0, 1.5), confidence=0.5, channels=(1,),
    ),
    "stm": Sample(
        "hyp.stm", ";; made up\nc1 A nurse 0.0 1.5 <o,f0,female> please turn\nc1 B patient 1.5 2.0 it off\nc1 A nurse 2.0 3.0 IGNORE_TIME_SEGMENT_IN_SCORING\n",
        "https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm", ("please turn", "it off"), span=(0.0, 1.5), channels=(1, 2), speakers=("nurse", "patient"),
    ),
    "trn": Sample(
        "hyp.trn", "please turn it off (s1-c1)\n(s1-c2)\n", "https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm",
        ("please turn it off", ""), name="s1-c1",
    ),
    "trn of Sphinx": Sample(
        "hyp.match", "please turn it off (c1 -7716)\nright (c2 -12.5)\n", "https://cmusphinx.github.io/wiki/tutorialtuning/",
        ("please turn it off", "right"),
    ),
    "seglst": Sample(
        "hyp.json",
        _json([{"session_id": "c1", "speaker": "nurse", "start_time": 0.0, "end_time": "1.5", "words": "please turn"},
               {"session_id": "c1", "speaker": "patient", "start_time": 1.5, "end_time": 2.0, "words": "it off"}]),
        "https://github.com/fgnt/meeteval", ("please turn", "it off"), span=(0.0, 1.5), speakers=("nurse", "patient"),
    ),
    "kaldi": Sample("text", "c1 please turn it off\nc2\n", "https://kaldi-asr.org/doc/data_prep.html", ("please turn it off", "")),
    "icefall": Sample(
        "recogs-test-clean.txt", "c1-0:\tref=['please', 'turn', \"it's\"]\nc1-0:\thyp=['please', 'burn', \"it's\"]\n",
        "https://github.com/k2-fsa/icefall/blob/master/icefall/utils.py", ("please burn it's",), name="c1-0",
    ),
    "nemo": Sample(
        "predictions.json",
        _json({"audio_filepath": "audio/c1.wav", "duration": 1.5, "offset": 0.5, "text": "please turn", "pred_text": "please burn"})
        + "\n" + _json({"audio_filepath": "audio/c2.wav", "duration": 2.0, "text": "it off", "pred_text": "it off"}) + "\n",
        "https://docs.nvidia.com/nemo-framework/user-guide/latest/nemotoolkit/asr/datasets.html",
        ("please burn", "it off"), name="audio/c1.wav", span=(0.5, 2.0),
    ),
    "txt": Sample("c1.txt", "Please turn\nit off.\n", "https://www.rfc-editor.org/rfc/rfc2046", ("Please turn it off.",)),
}  # fmt: skip
