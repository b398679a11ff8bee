-- Schema version 6: the dialogue of each test utterance, which tests over utterances draw; NULL: an older version's.

ALTER TABLE test_parts ADD COLUMN dialogues TEXT;
