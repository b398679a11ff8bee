#include "data/corpus_text.hpp"

#include <string_view>

#include "data/corpus_format.hpp"
#include "data/csv.hpp"
#include "data/file_io.hpp"

namespace mer::data {

std::vector<std::string> utterance_fields(const Corpus& corpus, const Utterance& utterance) {
  return {utterance.id,      utterance.dialogue, std::to_string(utterance.turn),
          utterance.session, utterance.speaker,  label_text(corpus, utterance)};
}

std::string label_text(const Corpus& corpus, const Utterance& utterance) {
  return utterance.label == kNoLabel ? std::string() : corpus.labels.at(std::size_t(utterance.label));
}

std::string utterances_csv(const Corpus& corpus) {
  std::string text = csv_line(kUtteranceColumns);
  for (const Utterance& utterance : corpus.utterances) text += csv_line(utterance_fields(corpus, utterance));
  return text;
}

Status write_text(const std::string& path, const std::string& text) {
  const std::string_view chunk = text;
  MER_TRY(write_file(path, {&chunk, 1}));
  return {};
}

}  // namespace mer::data
