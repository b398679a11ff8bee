#include "data/exchange/corpus_export.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include "core/quoting.hpp"
#include "data/corpus_header.hpp"
#include "data/corpus_text.hpp"
#include "data/exchange/feature_csv.hpp"
#include "data/exchange/npy.hpp"
#include "data/exchange/npz.hpp"
#include "data/file_io.hpp"
#include "data/recordings.hpp"
#include "data/utterance_table.hpp"
#include "data/whole_folder.hpp"

namespace mer::data {
namespace {

// A name and its .npy file: bytes of our own, then those of a feature matrix.
struct Array {
  std::string name, bytes;
  std::string_view elements = {};
};

// Leaves the modality that is wanted.
Status choose(Corpus& corpus, const std::string& modality) {
  if (modality.empty()) return {};
  std::vector<std::string> names;
  for (const FeatureMatrix& features : corpus.features) names.push_back(features.modality);
  if (corpus.find(modality) == nullptr) {
    return invalid(corpus.path + ": no modality " + quote(modality) + ", the corpus has " +
                   (names.empty() ? "none yet" : quote_list(names)));
  }
  std::erase_if(corpus.features, [&](const FeatureMatrix& features) { return features.modality != modality; });
  return {};
}

std::vector<Array> table_arrays(const Corpus& corpus) {
  const auto texts = [&corpus](const auto& text_of) {
    std::vector<std::string> column;
    for (const Utterance& utterance : corpus.utterances) column.push_back(text_of(utterance));
    return npy_of(column);
  };
  std::vector<std::int64_t> turns;
  for (const Utterance& utterance : corpus.utterances) turns.push_back(utterance.turn);
  return {{"utterances", texts([](const Utterance& one) { return one.id; })},
          {"dialogues", texts([](const Utterance& one) { return one.dialogue; })},
          {"turns", npy_of(turns)},
          {"sessions", texts([](const Utterance& one) { return one.session; })},
          {"speakers", texts([](const Utterance& one) { return one.speaker; })},
          {"labels", texts([&corpus](const Utterance& one) { return label_text(corpus, one); })}};
}

Status add_recordings(const std::string& folder, std::vector<Array>& arrays) {
  MER_ASSIGN(const CorpusHeader header, read_corpus_header(folder));
  if (!header.recordings) return {};
  MER_ASSIGN(const Recordings recordings, read_recordings(folder));
  std::vector<double> seconds;
  std::vector<std::string> transcripts;
  for (const Recording& row : recordings.rows) {
    seconds.push_back(row.seconds);
    transcripts.push_back(row.transcript);
  }
  arrays.push_back({"seconds", npy_of(seconds)});
  arrays.push_back({"transcripts", npy_of(transcripts)});
  return {};
}

Result<std::vector<Array>> arrays_of(const Corpus& corpus) {
  std::vector<Array> arrays = table_arrays(corpus);
  MER_TRY(add_recordings(corpus.path, arrays));
  for (const FeatureMatrix& features : corpus.features) {
    const std::string& name = features.modality;
    if (std::ranges::find(arrays, name, &Array::name) != arrays.end() || name.find('/') != std::string::npos) {
      return invalid(corpus.path + ": the modality " + quote(name) + " cannot be the name of an array here");
    }
    const std::span<const std::byte> bytes = std::as_bytes(features.values);
    arrays.push_back({name,
                      npy_header("<f4", {corpus.utterances.size(), std::size_t(features.dim)}),
                      {reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
  }
  return arrays;
}

Status write_arrays(const std::vector<Array>& arrays, const std::string& out) {
  if (std::filesystem::path(out).extension() == ".npz") {
    std::vector<NpzArray> pieces;
    for (const Array& array : arrays) pieces.push_back({array.name, {array.bytes, array.elements}});
    return write_npz(out, pieces);
  }
  return write_whole_folder(out, [&arrays](const std::string& temporary) -> Status {
    for (const Array& array : arrays) {
      const std::string_view chunks[] = {array.bytes, array.elements};
      MER_TRY(write_file(temporary + "/" + array.name + ".npy", chunks));
    }
    return {};
  });
}

Status write_csv(const Corpus& corpus, const std::string& out) {
  if (corpus.features.size() == 1) return write_text(out, feature_csv(corpus, corpus.features.front()));
  return invalid(out + ": a CSV file holds one modality, the corpus has " + std::to_string(corpus.features.size()) +
                 (corpus.features.empty() ? "" : ": name one with --modality"));
}

Status check_kind(const std::string& extension, const std::string& out) {
  for (const char* other : {".parquet", ".npy", ".safetensors", ".json"}) {
    if (extension != other) continue;
    return invalid(out + ": expected a file .npz or .csv, or a folder, of .npy files; docs/corpora.md has Parquet");
  }
  return {};
}

}  // namespace

bool is_column_array(const std::string& name) {
  constexpr std::array<std::string_view, 8> kColumns = {"utterances", "dialogues", "turns",   "sessions",
                                                        "speakers",   "labels",    "seconds", "transcripts"};
  return std::ranges::find(kColumns, name) != kColumns.end();
}

Result<ExportedCorpus> export_corpus(const std::string& folder, const std::string& out, const std::string& modality) {
  const std::string extension = std::filesystem::path(out).extension().string();
  MER_TRY(check_kind(extension, out));
  MER_ASSIGN(Corpus corpus, load_imported(folder));
  MER_TRY(choose(corpus, modality));
  ExportedCorpus exported{corpus.utterances.size(), {}, {}, corpus.id};
  for (const FeatureMatrix& features : corpus.features) exported.modalities.push_back(features.modality);
  if (extension == ".csv") {
    MER_TRY(write_csv(corpus, out));
    return exported;
  }
  MER_ASSIGN(const std::vector<Array> arrays, arrays_of(corpus));
  MER_TRY(write_arrays(arrays, out));
  for (const Array& array : arrays) exported.arrays.push_back(array.name);
  return exported;
}

}  // namespace mer::data
