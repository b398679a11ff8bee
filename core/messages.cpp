#include "core/messages.hpp"

#include <utility>

#include "core/json.hpp"
#include "core/json_codec.hpp"
#include "core/json_text.hpp"
#include "core/record_fields.hpp"

namespace mer {

using nlohmann::json;

// --- fields ---
template <Is<AttemptStarted> S, class V>
void each_field(S& event, V&& field) {
  field("environment", event.environment);
  field("resumed_epoch", event.resumed_epoch);
  field("refused_checkpoints", event.refused_checkpoints);
}

template <Is<EpochDone> S, class V>
void each_field(S& event, V&& field) {
  field("rows", event.rows);
  field("timing", event.timing);
}

template <Is<CheckpointSaved> S, class V>
void each_field(S& event, V&& field) {
  field("checkpoint", event.checkpoint);
}

template <Is<AttemptFinished> S, class V>
void each_field(S& event, V&& field) {
  field("result", event.result);
}

template <Is<AttemptDiverged> S, class V>
void each_field(S& event, V&& field) {
  field("epoch", event.epoch);
  field("step", event.step);
  field("component", event.component);
}

template <Is<AttemptStopped> S, class V>
void each_field(S& event, V&& field) {
  field("epoch", event.epoch);
}

template <Is<AttemptFailed> S, class V>
void each_field(S& event, V&& field) {
  field("failure", event.failure);
  field("stack", event.stack);
}

template <Is<Report> S, class V>
void each_field(S& report, V&& field) {
  field("trial", report.trial);
  field("attempt", report.attempt);
  field("event", report.event);
}

template <Is<Hello> S, class V>
void each_field(S& hello, V&& field) {
  field("host", hello.host);
  field("pid", hello.pid);
  field("cores", hello.cores);
  field("device", hello.device);
}

template <Is<ResourceUse> S, class V>
void each_field(S& use, V&& field) {
  field("cpu_cores", use.cpu_cores);
  field("memory_bytes", use.memory_bytes);
  field("gpu_memory_bytes", use.gpu_memory_bytes);
  field("gpu_percent", use.gpu_percent);
}

template <Is<Beat> S, class V>
void each_field(S& beat, V&& field) {
  field("progress", beat.progress);
  field("use", beat.use);
}

template <Is<Capacity> S, class V>
void each_field(S& capacity, V&& field) {
  field("trials", capacity.trials);
}

template <Is<Assign> S, class V>
void each_field(S& assign, V&& field) {
  field("job", assign.job);
}

template <Is<StopTrials> S, class V>
void each_field(S& stop, V&& field) {
  field("trials", stop.trials);
}

template <Is<Shutdown> S, class V>
void each_field(S&, V&&) {}

template <Is<GangStart> S, class V>
void each_field(S& start, V&& field) {
  field("number", start.number);
  field("job", start.job);
}

template <Is<GangEnd> S, class V>
void each_field(S& end, V&& field) {
  field("number", end.number);
  field("failure", end.failure);
}

template <Is<GangSum> S, class V>
void each_field(S& sum, V&& field) {
  field("number", sum.number);
  field("in_double", sum.in_double);
  field("count", sum.count);
  field("values", sum.values);
}

template <Is<CorpusRequest> S, class V>
void each_field(S& request, V&& field) {
  field("number", request.number);
  field("folder", request.folder);
  field("file", request.file);
  field("offset", request.offset);
  field("bytes", request.bytes);
}

template <Is<CorpusFile> S, class V>
void each_field(S& file, V&& field) {
  field("name", file.name);
  field("bytes", file.bytes);
}

template <Is<CorpusAnswer> S, class V>
void each_field(S& answer, V&& field) {
  field("number", answer.number);
  field("files", answer.files);
  field("bytes", answer.bytes);
  field("error", answer.error);
}

// --- variants: the alternative's name under "kind", then its fields ---
namespace {
template <class Variant>
struct Kinds;
template <>
struct Kinds<AttemptEvent> {
  static constexpr const char* names[] = {"started",  "epoch",   "checkpoint", "finished",
                                          "diverged", "stopped", "failed"};
};
template <>
struct Kinds<Message> {
  static constexpr const char* names[] = {"hello",    "beat",     "report",         "capacity",
                                          "assign",   "stop",     "shutdown",       "gang-start",
                                          "gang-end", "gang-sum", "corpus-request", "corpus-answer"};
};

template <class Variant>
void write_variant(const Variant& variant, JsonWriter& writer) {
  static_assert(std::size(Kinds<Variant>::names) == std::variant_size_v<Variant>);
  writer("kind", std::string(Kinds<Variant>::names[variant.index()]));
  std::visit([&](const auto& alternative) { each_field(alternative, writer); }, variant);
}

template <std::size_t I, class Variant>
bool read_alternative(const std::string& kind, const JsonReader& reader, Variant& variant) {
  if (kind != Kinds<Variant>::names[I]) return false;
  each_field(variant.template emplace<I>(), reader);
  return true;
}

template <class Variant>
void read_variant(Variant& variant, const JsonReader& reader) {
  std::string kind;
  reader("kind", kind);
  const bool known = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (read_alternative<I>(kind, reader, variant) || ...);
  }
  (std::make_index_sequence<std::variant_size_v<Variant>>());
  if (!known) throw std::invalid_argument("unknown kind " + kind);
}
}  // namespace

void each_field(const AttemptEvent& event, JsonWriter& writer) {
  write_variant(event, writer);
}
void each_field(AttemptEvent& event, const JsonReader& reader) {
  read_variant(event, reader);
}

bool ends_attempt(const AttemptEvent& event) {
  return std::holds_alternative<AttemptFinished>(event) || std::holds_alternative<AttemptDiverged>(event) ||
         std::holds_alternative<AttemptStopped>(event) || std::holds_alternative<AttemptFailed>(event);
}

std::string encode(const Message& message) {
  json out;
  JsonWriter writer(out);
  writer("version", kMessageVersion);
  write_variant(message, writer);
  std::string bytes;
  json::to_cbor(out, bytes);
  return bytes;
}

Result<Message> decode(const std::string& bytes) {
  MER_ASSIGN(const json in, parse_cbor(bytes));
  try {
    const JsonReader reader(in);
    int version = 0;
    reader("version", version);
    if (version != kMessageVersion) {
      return Error{ErrorCode::corrupt, "a message of version " + std::to_string(version) + ", this program speaks " +
                                           std::to_string(kMessageVersion) + ": are all programs of one build?"};
    }
    Message message;
    read_variant(message, reader);
    return message;
  } catch (const std::exception& error) {
    return Error{ErrorCode::corrupt, std::string("not a message: ") + error.what()};
  }
}

}  // namespace mer
