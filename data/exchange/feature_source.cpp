#include "data/exchange/feature_source.hpp"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <utility>

#include "core/quoting.hpp"
#include "core/sha256.hpp"
#include "core/utf8.hpp"
#include "data/corpus_format.hpp"
#include "data/exchange/feature_csv.hpp"
#include "data/exchange/npy.hpp"
#include "data/exchange/npz.hpp"
#include "data/file_io.hpp"

namespace mer::data {
namespace {

constexpr std::size_t kAnySize = std::numeric_limits<std::size_t>::max();
constexpr const char* kIds = "utterances";

Result<FloatMatrix> matrix_of_npy(std::string_view bytes, const std::string& where) {
  MER_ASSIGN(const NpyArray array, parse_npy(bytes, where));
  if (array.is_text) return invalid(where + ": an array of strings, expected one of numbers");
  return float_matrix({array.type, array.shape, array.fortran_order, array.elements}, where);
}

Result<std::string> name_of_features(const NpzReader& npz, const std::string& modality, const std::string& path) {
  for (const std::string& name : {modality, std::string(kFeatureTensor)}) {
    if (npz.has(name)) return name;
  }
  std::vector<std::string> others;
  for (const std::string& name : npz.names()) {
    if (name != kIds) others.push_back(name);
  }
  if (others.size() == 1) return others.front();
  return invalid(path + ": holds the arrays " + quote_list(npz.names()) + ", expected one called " + quote(modality) +
                 " or " + quote(kFeatureTensor) + ", or one array alone");
}

Result<FeatureSource> of_npz(std::string_view bytes, const std::string& modality, const std::string& path) {
  MER_ASSIGN(const NpzReader npz, NpzReader::open(bytes, path));
  MER_ASSIGN(const std::string name, name_of_features(npz, modality, path));
  FeatureSource source;
  MER_ASSIGN(const std::string features, npz.read(name));
  MER_ASSIGN(source.matrix, matrix_of_npy(features, path + ": array " + quote(name)));
  if (!npz.has(kIds)) return source;
  const std::string where = path + ": array " + quote(kIds);
  MER_ASSIGN(const std::string file, npz.read(kIds));
  MER_ASSIGN(const NpyArray ids, parse_npy(file, where));
  MER_ASSIGN(source.ids, npy_strings(ids, where));
  return source;
}

Result<FeatureSource> of_safetensors(const std::string& path) {
  MER_ASSIGN(const SafetensorsFile file, SafetensorsFile::open(path));
  MER_ASSIGN(const TensorView tensor, file.find(kFeatureTensor));
  const std::string_view elements(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  FeatureSource source;
  MER_ASSIGN(source.matrix,
             float_matrix({tensor.type, tensor.shape, false, elements}, path + ": tensor " + quote(kFeatureTensor)));
  return source;
}

Result<FeatureSource> parse(const std::string& path, const std::string& bytes, const std::string& modality) {
  const std::string kind = std::filesystem::path(path).extension().string();
  if (kind == ".npz") return of_npz(bytes, modality, path);
  if (kind == ".csv") return parse_feature_csv(bytes, path);
  if (kind == ".safetensors") return of_safetensors(path);
  if (kind != ".npy") return invalid(path + ": expected a file .npy, .npz, .csv or .safetensors");
  FeatureSource source;
  MER_ASSIGN(source.matrix, matrix_of_npy(bytes, path));
  return source;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

Result<FeatureSource> read_feature_source(const std::string& path, const std::string& modality) {
  MER_ASSIGN(const std::string bytes, read_file(path, kAnySize));
  MER_ASSIGN(FeatureSource source, parse(path, bytes, modality));
  source.sha256 = sha256_hex(bytes);
  return source;
}

Result<std::vector<std::string>> read_ids(const std::string& path) {
  MER_ASSIGN(const std::string bytes, read_file(path, kAnySize));
  if (std::filesystem::path(path).extension() == ".npy") {
    MER_ASSIGN(const NpyArray array, parse_npy(bytes, path));
    return npy_strings(array, path);
  }
  if (!is_utf8(bytes)) return invalid(path + ": is not UTF-8, expected an utterance's id in each line");
  return lines_of(bytes);
}

}  // namespace mer::data
