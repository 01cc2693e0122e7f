#include "ensemble.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "failure.h"
#include "system.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file is read as it lies in memory");

namespace {

constexpr size_t kMostBytes = 256u << 20;
constexpr size_t kHeaderBytes = 20;
constexpr uint32_t kVersion = 1;
constexpr int kMostSize = 65536;  // channels, height, width
constexpr int kMostDecisions = 64, kMostOperators = 255, kMostItems = 1 << 20;

uint32_t crc32(const std::string& bytes, size_t start) {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < table.size(); i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ (value & 1 ? 0xedb88320u : 0);
        table[i] = value;
    }
    uint32_t crc = 0xffffffffu;
    for (size_t i = start; i < bytes.size(); i++)
        crc = table[(crc ^ static_cast<unsigned char>(bytes[i])) & 0xff] ^ (crc >> 8);
    return ~crc;
}

class Reader {
public:
    Reader(const std::string& path, const std::string& bytes)
        : path_(path),
          words_(reinterpret_cast<const int32_t*>(bytes.data() + kHeaderBytes)),
          count_((bytes.size() - kHeaderBytes) / 4) {}

    [[noreturn]] void broken(const std::string& what) const {
        fail_file(path_, "is broken: " + what);
    }

    int number(const char* what, int least, int most) {
        if (next_ == count_) broken("it ends too early");
        const int32_t value = words_[next_++];
        if (value < least || value > most) broken(std::string(what) + " is out of range");
        return value;
    }

    // Everything that is left, as floats.
    const float* rest(size_t* size) {
        const auto promised = static_cast<size_t>(number("the number of floats", 0, INT32_MAX));
        if (promised != count_ - next_) broken("the number of floats does not fit");
        *size = promised;
        return reinterpret_cast<const float*>(words_ + next_);
    }

private:
    const std::string& path_;
    const int32_t* words_;
    size_t count_;
    size_t next_ = 0;
};

Node read_node(Reader& reader, int index, int arrays, int tables) {
    const auto size = [&reader](const char* what) { return reader.number(what, 1, kMostSize); };
    Node node = {};
    node.kind = static_cast<Kind>(reader.number("a node's kind", 0, 6));
    for (int& input : node.inputs) input = reader.number("a node's input", -2, index - 1);
    node.in.channels = size("a node's input");
    node.out.channels = size("a node's output");
    node.in.height = size("a height"), node.in.width = size("a width");
    node.out.height = size("a height"), node.out.width = size("a width");
    node.kernel_height = size("a kernel"), node.kernel_width = size("a kernel");
    node.stride_height = size("a stride"), node.stride_width = size("a stride");
    node.groups = size("a number of groups");
    node.relu = reader.number("a flag", 0, 1) == 1;
    node.array = reader.number("a weight", -1, arrays - 1);
    node.bias = reader.number("a bias", -1, arrays - 1);
    node.table = reader.number("a normalisation", -1, tables - 1);
    return node;
}

// The engine trusts these: a size that does not fit would read outside of memory.
bool sizes_fit(const Node& node) {
    const auto strided = [](int size, int stride) { return (size + stride - 1) / stride; };
    const bool reduced = node.out.height == strided(node.in.height, node.stride_height) &&
                         node.out.width == strided(node.in.width, node.stride_width);
    const bool same_size = node.out.height == node.in.height && node.out.width == node.in.width;
    const bool same = same_size && node.in.channels == node.out.channels;
    switch (node.kind) {
        case Kind::kConv:
            return reduced && node.kernel_height % 2 && node.kernel_width % 2 &&
                   node.in.channels % node.groups == 0 && node.out.channels % node.groups == 0;
        case Kind::kPool:
            return reduced && node.in.channels == node.out.channels &&
                   node.kernel_height == node.stride_height &&
                   node.kernel_width == node.stride_width;
        case Kind::kChannels:
            return same_size;
        case Kind::kConcat:
        case Kind::kAdd:
            return same;
        case Kind::kGlobalPool:
            return node.in.channels == node.out.channels && node.out.height == 1 &&
                   node.out.width == 1;
        case Kind::kLinear:
            return node.in.height == 1 && node.in.width == 1 && same_size;
    }
    return false;
}

bool weights_fit(const Node& node, const Ensemble& ensemble) {
    const bool weighted = node.kind == Kind::kConv || node.kind == Kind::kLinear;
    if (weighted != node.has_weights()) return false;
    if (!weighted) return node.bias < 0 && node.table < 0 && !node.relu;
    const Array& array = ensemble.arrays[static_cast<size_t>(node.array)];
    const bool conv = node.kind == Kind::kConv;
    if (array.dims[0] < node.out.channels || array.dims[1] < node.in.channels / node.groups ||
        array.dims[2] != (conv ? node.kernel_height : 1) ||
        array.dims[3] != (conv ? node.kernel_width : 1))
        return false;
    if (node.bias >= 0) {
        const Array& bias = ensemble.arrays[static_cast<size_t>(node.bias)];
        if (bias.dims[0] < node.out.channels) return false;
        for (int i = 1; i < 4; i++)
            if (bias.dims[i] != 1) return false;
    }
    return node.table < 0 ||
           (conv && node.bias < 0 &&
            ensemble.tables[static_cast<size_t>(node.table)].channels >= node.out.channels);
}

bool graph_fits(const Graph& graph, const Ensemble& ensemble) {
    const Node* entry = nullptr;
    for (const Node& node : graph.nodes) {
        const bool two = node.kind == Kind::kConcat || node.kind == Kind::kAdd;
        if (node.inputs[0] == -2 || two != (node.inputs[1] != -2)) return false;
        int channels = 0;
        for (int input : node.inputs) {
            if (input == -2) continue;
            // No operator joins its plain input; the input's channels would not be known here.
            if (input == -1 && node.kind == Kind::kConcat) return false;
            if (input == -1 && !entry) entry = &node;
            const Shape& source =
                input == -1 ? entry->in : graph.nodes[static_cast<size_t>(input)].out;
            if (source.height != node.in.height || source.width != node.in.width) return false;
            if (node.kind != Kind::kConcat && source.channels != node.in.channels) return false;
            channels += source.channels;
        }
        if (node.kind == Kind::kConcat && channels != node.in.channels) return false;
        if (!sizes_fit(node) || !weights_fit(node, ensemble)) return false;
    }
    return true;
}

}  // namespace

Ensemble::Ensemble(const std::string& path) : bytes_(read_whole(path, kMostBytes)) {
    uint32_t header[3] = {};
    if (bytes_.size() < kHeaderBytes || bytes_.compare(0, 8, "ADSPENS1") != 0)
        fail_file(path, "holds no network of this workbench");
    std::memcpy(header, bytes_.data() + 8, sizeof header);
    if (header[0] != kVersion)
        fail_file(path, "has format version " + std::to_string(header[0]) + "; this agent reads 1");
    if (header[1] != bytes_.size() - kHeaderBytes || header[1] % 4)
        fail_file(path, "is cut off or has grown");
    if (header[2] != crc32(bytes_, kHeaderBytes))
        fail_file(path, "is damaged: its checksum differs");

    Reader reader(path, bytes_);
    input.channels = reader.number("the input", 1, kMostSize);
    input.height = reader.number("the input", 1, kMostSize);
    input.width = reader.number("the input", 1, kMostSize);
    classes = reader.number("the number of classes", 1, kMostSize);
    sizes.resize(static_cast<size_t>(reader.number("the number of decisions", 1, kMostDecisions)));
    prefix_length = reader.number("the prefix length", 0, kMostDecisions);
    for (int& size : sizes) size = reader.number("a decision's size", 1, kMostOperators);

    // Floats stand last, so only where they start is read now.
    std::vector<int> starts;
    arrays.resize(static_cast<size_t>(reader.number("the number of arrays", 1, kMostItems)));
    for (Array& array : arrays) {
        for (int& dim : array.dims) dim = reader.number("an array's size", 1, kMostSize);
        starts.push_back(reader.number("an array's start", 0, INT32_MAX));
    }
    tables.resize(static_cast<size_t>(reader.number("the number of tables", 0, kMostItems)));
    for (Table& table : tables) {
        table.contexts = reader.number("a table's contexts", 1, kMostItems);
        table.channels = reader.number("a table's channels", 1, kMostSize);
        starts.push_back(reader.number("a table's start", 0, INT32_MAX));
    }
    graphs.resize(static_cast<size_t>(reader.number("the number of graphs", 1, kMostItems)));
    for (Graph& graph : graphs) {
        graph.first_node = node_count;
        const int count = reader.number("the number of nodes", 0, 64);
        for (int i = 0; i < count; i++)
            graph.nodes.push_back(read_node(reader, i, static_cast<int>(arrays.size()),
                                            static_cast<int>(tables.size())));
        node_count += count;
        if (!graph_fits(graph, *this)) reader.broken("a graph's sizes do not fit");
    }
    const auto graph_number = [&] {
        return reader.number("a graph", 0, static_cast<int>(graphs.size()) - 1);
    };
    stem_ = graph_number();
    if (stem().nodes.empty()) reader.broken("the first layer is empty");
    for (size_t decision = 0; decision < sizes.size(); decision++) {
        const int rows = decision ? sizes[decision - 1] : 1;
        layers_.emplace_back();
        for (int i = 0; i < rows * sizes[decision]; i++) layers_.back().push_back(graph_number());
    }
    for (int i = 0; i < sizes.back(); i++) {
        heads_.push_back(graph_number());
        const Graph& graph = graphs[static_cast<size_t>(heads_.back())];
        if (graph.nodes.empty() || graph.nodes.back().kind != Kind::kLinear ||
            graph.nodes.back().out.channels != classes)
            reader.broken("a head does not end in the classes");
    }

    size_t count = 0;
    const float* floats = reader.rest(&count);
    const auto place = [&](size_t index, uint64_t length) {
        const auto start = static_cast<uint64_t>(starts[index]);
        if (length > count || start > count - length)
            reader.broken("an array lies outside the file");
        return floats + start;
    };
    for (size_t i = 0; i < arrays.size(); i++) {
        uint64_t length = 1;
        for (int dim : arrays[i].dims) {
            length *= static_cast<uint64_t>(dim);
            if (length > count) reader.broken("an array is larger than the file");
        }
        arrays[i].values = place(i, length);
    }
    for (size_t i = 0; i < tables.size(); i++) {
        const uint64_t length =
            static_cast<uint64_t>(tables[i].contexts) * static_cast<uint64_t>(tables[i].channels);
        tables[i].scales = place(arrays.size() + i, 2 * length);
        tables[i].shifts = tables[i].scales + length;
    }
    const auto check_contexts = [&](const Graph& graph, uint64_t contexts) {
        for (const Node& node : graph.nodes)
            if (node.table >= 0 &&
                static_cast<uint64_t>(tables[static_cast<size_t>(node.table)].contexts) != contexts)
                reader.broken("a normalisation has another number of contexts than its layer");
    };
    check_contexts(stem(), 1);
    for (int choice = 0; choice < sizes.back(); choice++) check_contexts(head(choice), 1);
    for (size_t decision = 0; decision < sizes.size(); decision++) {
        const size_t prefix = std::min(decision, static_cast<size_t>(prefix_length));
        uint64_t contexts = 1;
        for (size_t d = decision - prefix; d < decision; d++) {
            contexts *= static_cast<uint64_t>(sizes[d]);
            if (contexts > kMostItems) reader.broken("it has too many contexts");
        }
        for (int graph : layers_[decision])
            check_contexts(graphs[static_cast<size_t>(graph)], contexts);
    }
}

const Graph& Ensemble::layer(size_t decision, int previous, int choice) const {
    const int row = decision ? previous : 0;
    const auto index = static_cast<size_t>(row * sizes[decision] + choice);
    return graphs[static_cast<size_t>(layers_[decision][index])];
}

int Ensemble::context(const std::vector<int>& configuration, size_t decision) const {
    const size_t prefix = std::min(decision, static_cast<size_t>(prefix_length));
    int context = 0;
    for (size_t d = decision - prefix; d < decision; d++)
        context = context * sizes[d] + configuration[d];
    return context;
}
