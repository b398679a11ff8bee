// The fields of corpora and folds for JsonWriter and JsonReader: one list for submissions and for what a reader
// answers.
//
// Threads: plain values. Errors: as JsonReader's.
#pragma once

#include "core/json_codec.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

template <Is<CorpusRecord> S, class V>
void each_field(S& corpus, V&& field) {
  field("id", corpus.id);
  field("name", corpus.name);
  field("path", corpus.path);
  field("utterances", corpus.utterances);
  field("labels", corpus.labels);
  field("facts", corpus.facts_json);
}

template <Is<FoldRecord> S, class V>
void each_field(S& fold, V&& field) {
  field("id", fold.id);
  field("name", fold.name);
  field("train", fold.train);
  field("validation", fold.validation);
  field("test", fold.test);
  field("file", fold.file);
}

}  // namespace mer::storage
