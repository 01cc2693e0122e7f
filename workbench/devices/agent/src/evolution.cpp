#include "evolution.h"

#include <malloc.h>

#include <cstring>

#include "datareader.h"
#include "engine.h"
#include "failure.h"
#include "layer.h"
#include "layer_type.h"
#include "modelbin.h"
#include "paramdict.h"

namespace {

constexpr int kWiredType = ncnn::LayerType::CustomBit | 1;
constexpr int kEndOfParameters = -233;
constexpr int kParamMagic = 7767517;

size_t allocated_bytes() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

// The leading [:out, :in / groups] slice of a stored weight.
ncnn::Mat slice(const Node& node, const Array& array) {
    const int in = node.in.channels / node.groups;
    const int plane = array.dims[2] * array.dims[3];
    const auto row = static_cast<size_t>(in * plane);
    ncnn::Mat weights(node.out.channels * in * plane);
    if (weights.empty()) fail_engine("out of memory");
    for (int out = 0; out < node.out.channels; out++)
        std::memcpy(
            static_cast<float*>(weights) + static_cast<size_t>(out) * row,
            array.values + static_cast<size_t>(out) * static_cast<size_t>(array.dims[1] * plane),
            row * sizeof(float));
    return weights;
}

ncnn::Layer* create(const Node& node) {
    if (node.kind == Kind::kLinear) return ncnn::create_layer_cpu(ncnn::LayerType::InnerProduct);
    return ncnn::create_layer_cpu(node.groups == 1 ? ncnn::LayerType::Convolution
                                                   : ncnn::LayerType::ConvolutionDepthWise);
}

// y = scale x + shift, and the ReLU, in place; packs of P channels lie side by side.
template <int P, bool kRelu>
void normalise_pack(float* values, size_t count, const float* scale, const float* shift) {
    for (size_t i = 0; i < count; i++, values += P)
        for (int k = 0; k < P; k++) {
            const float y = values[k] * scale[k] + shift[k];
            values[k] = kRelu && y < 0.0f ? 0.0f : y;
        }
}

template <int P>
void normalise_channel(ncnn::Mat& blob, const WiredLayer& wired, int channel) {
    const auto count = static_cast<size_t>(blob.w) * static_cast<size_t>(blob.h);
    float* values = blob.channel(channel);
    const float* scale = wired.scale + channel * P;
    const float* shift = wired.shift + channel * P;
    if (wired.relu) normalise_pack<P, true>(values, count, scale, shift);
    else normalise_pack<P, false>(values, count, scale, shift);
}

template <int P>
void normalise_blob(ncnn::Mat& blob, const WiredLayer& wired, int threads) {
    if (threads == 1) {  // small networks would feel the call that starts a team of one
        for (int channel = 0; channel < blob.c; channel++)
            normalise_channel<P>(blob, wired, channel);
        return;
    }
#pragma omp parallel for num_threads(threads)
    for (int channel = 0; channel < blob.c; channel++) normalise_channel<P>(blob, wired, channel);
}

int normalise(ncnn::Mat& blob, const WiredLayer& wired, int threads) {
    switch (blob.elempack) {
        case 1:
            normalise_blob<1>(blob, wired, threads);
            return 0;
        case 4:
            normalise_blob<4>(blob, wired, threads);
            return 0;
        case 8:
            normalise_blob<8>(blob, wired, threads);
            return 0;
        case 16:
            normalise_blob<16>(blob, wired, threads);
            return 0;
        default:
            return -1;
    }
}

// What the engine sees of a wired layer.
class WiredOperator : public ncnn::Layer {
public:
    explicit WiredOperator(const std::vector<WiredLayer>& wired) : all_(wired) {}

    int load_param(const ncnn::ParamDict& parameters) override {
        wired_ = &all_[static_cast<size_t>(parameters.get(0, 0))];
        const ncnn::Layer& inner = *wired_->prepared->layer;
        one_blob_only = true;
        support_inplace = false;
        support_packing = inner.support_packing;
        support_any_packing = inner.support_any_packing;
        return 0;
    }

    int forward(const ncnn::Mat& in, ncnn::Mat& out, const ncnn::Option& options) const override {
        if (const int failed = wired_->prepared->layer->forward(in, out, options)) return failed;
        return wired_->scale ? normalise(out, *wired_, options.num_threads) : 0;
    }

private:
    const std::vector<WiredLayer>& all_;
    const WiredLayer* wired_ = nullptr;
};

ncnn::Layer* create_wired(void* wired) {
    return new WiredOperator(*static_cast<const std::vector<WiredLayer>*>(wired));
}

// Collects layers as the engine's binary form of a network.
class Wiring {
public:
    Wiring() : words_{kParamMagic, 0, 0} { add(ncnn::LayerType::Input, {}, 1, {}); }

    using Parameters = std::initializer_list<std::pair<int, int>>;

    // Returns the first of the `tops` blobs that the layer writes.
    int add(int type, std::initializer_list<int> bottoms, int tops, Parameters parameters) {
        words_.insert(words_.end(), {type, static_cast<int>(bottoms.size()), tops});
        words_.insert(words_.end(), bottoms);
        const int first = words_[2];
        for (int i = 0; i < tops; i++) words_.push_back(first + i);
        for (const auto& [key, value] : parameters) words_.insert(words_.end(), {key, value});
        words_.push_back(kEndOfParameters);
        words_[1]++;
        words_[2] += tops;
        return first;
    }

    int load(ncnn::Net& net) const {
        const auto* bytes = reinterpret_cast<const unsigned char*>(words_.data());
        const ncnn::DataReaderFromMemory reader(bytes, words_.size() * sizeof(int));
        return net.load_param_bin(reader);
    }

private:
    std::vector<int> words_;
};

// Like `_layer_of` in workbench/network/ncnn_files.py.
int add_plain(Wiring& wiring, const Node& node, int first, int second) {
    namespace Type = ncnn::LayerType;
    switch (node.kind) {
        case Kind::kPool:
            return wiring.add(Type::Pooling, {first}, 1,
                              {{0, 1},
                               {1, node.kernel_width},
                               {11, node.kernel_height},
                               {2, node.stride_width},
                               {12, node.stride_height},
                               {5, 0},
                               {6, 0}});
        case Kind::kChannels:
            if (node.out.channels < node.in.channels)
                return wiring.add(Type::Crop, {first}, 1,
                                  {{0, 0},
                                   {1, 0},
                                   {2, 0},
                                   {3, node.in.width},
                                   {4, node.in.height},
                                   {5, node.out.channels}});
            return wiring.add(Type::Padding, {first}, 1,
                              {{4, 0}, {8, node.out.channels - node.in.channels}});
        case Kind::kConcat:
            return wiring.add(Type::Concat, {first, second}, 1, {{0, 0}});
        case Kind::kAdd:
            return wiring.add(Type::BinaryOp, {first, second}, 1, {{0, 0}});
        case Kind::kGlobalPool:
            return wiring.add(Type::Pooling, {first}, 1, {{0, 1}, {4, 1}});
        default:
            fail_engine("a layer without weights was expected");
    }
}

}  // namespace

PreparedLayer::PreparedLayer(const Node& node, const Ensemble& ensemble,
                             const ncnn::Option& options)
    : layer(create(node)), options_(options) {
    const size_t before = allocated_bytes();
    const Array& array = ensemble.arrays[static_cast<size_t>(node.array)];
    ncnn::Mat weights[2] = {slice(node, array)};
    if (node.bias >= 0) {
        const Array& bias = ensemble.arrays[static_cast<size_t>(node.bias)];
        weights[1].create(node.out.channels);
        std::memcpy(weights[1], bias.values,
                    static_cast<size_t>(node.out.channels) * sizeof(float));
    }
    ncnn::ParamDict parameters;
    parameters.set(0, node.out.channels);
    if (node.kind == Kind::kLinear) {
        parameters.set(1, node.bias >= 0 ? 1 : 0);
        parameters.set(2, weights[0].w);
    } else {
        parameters.set(1, node.kernel_width), parameters.set(11, node.kernel_height);
        parameters.set(3, node.stride_width), parameters.set(13, node.stride_height);
        for (int side : {4, 15}) parameters.set(side, node.kernel_width / 2);
        for (int side : {14, 16}) parameters.set(side, node.kernel_height / 2);
        parameters.set(5, node.bias >= 0 ? 1 : 0);
        parameters.set(6, weights[0].w);
        if (node.groups > 1) parameters.set(7, node.groups);
    }
    // The ReLU comes after the normalisation; without one the engine does it on the way.
    if (node.relu && node.table < 0) parameters.set(9, 1);
    if (layer->load_param(parameters) || layer->load_model(ncnn::ModelBinFromMatArray(weights)) ||
        layer->create_pipeline(options_))
        fail_engine("the engine refuses a layer");
    for (ncnn::Mat& weight : weights) weight.release();
    const size_t after = allocated_bytes();
    bytes = after > before ? after - before : 0;
}

PreparedLayer::~PreparedLayer() {
    layer->destroy_pipeline(options_);
    delete layer;
}

Evolution::Evolution(const Ensemble& ensemble, int threads, size_t cache_bytes)
    : ensemble_(ensemble),
      cache_bytes_(cache_bytes),
      options_(engine_options(threads, false)),
      cache_(static_cast<size_t>(ensemble.node_count)) {
    blobs_.set_size_compare_ratio(0.f);
    workspace_.set_size_compare_ratio(0.f);
}

size_t Evolution::cached_count() const {
    size_t count = 0;
    for (const Entry& entry : cache_) count += entry.prepared ? 1 : 0;
    return count;
}

void Evolution::prepare_all() {
    for (const Graph& graph : ensemble_.graphs)
        for (size_t i = 0; i < graph.nodes.size(); i++)
            if (graph.nodes[i].has_weights()) prepared(graph, i);
}

void Evolution::forget_all() {
    for (Entry& entry : cache_) entry.prepared.reset();
    cached_bytes = 0;
}

std::shared_ptr<PreparedLayer> Evolution::prepared(const Graph& graph, size_t node) {
    Entry& entry = cache_[static_cast<size_t>(graph.first_node) + node];
    entry.used = ++clock_;
    if (entry.prepared) return entry.prepared;
    entry.prepared = std::make_shared<PreparedLayer>(graph.nodes[node], ensemble_, options_);
    prepared_count++;
    cached_bytes += entry.prepared->bytes;
    while (cached_bytes > cache_bytes_) {
        Entry* oldest = nullptr;
        for (Entry& other : cache_)
            if (other.prepared && &other != &entry && (!oldest || other.used < oldest->used))
                oldest = &other;
        if (!oldest) break;
        cached_bytes -= oldest->prepared->bytes;
        oldest->prepared.reset();
        evicted_count++;
    }
    return entry.prepared;
}

std::unique_ptr<EvolvedNetwork> Evolution::evolve(const std::vector<int>& configuration) {
    struct Part {
        const Graph* graph;
        int context;
    };
    std::vector<Part> parts = {{&ensemble_.stem(), 0}};
    for (size_t d = 0; d < configuration.size(); d++) {
        const int previous = d ? configuration[d - 1] : 0;
        parts.push_back(
            {&ensemble_.layer(d, previous, configuration[d]), ensemble_.context(configuration, d)});
    }
    parts.push_back({&ensemble_.head(configuration.back()), 0});

    // A blob of the engine is read once, so one that several layers read goes through a Split.
    struct Step {
        const Part* part;
        size_t node;
        int sources[2];  // earlier steps; -1: the network's input
    };
    std::vector<Step> steps;
    std::vector<int> readers = {0};  // of step - 1
    int last = -1;
    Shape shape = ensemble_.input;
    for (const Part& part : parts) {
        const auto base = static_cast<int>(steps.size());
        for (size_t i = 0; i < part.graph->nodes.size(); i++) {
            const Node& node = part.graph->nodes[i];
            Step step = {&part, i, {-2, -2}};
            for (int k = 0; k < 2; k++) {
                if (node.inputs[k] == -2) continue;
                if (node.inputs[k] == -1 && node.in != shape)
                    fail_engine("the network's layers do not fit each other");
                step.sources[k] = node.inputs[k] == -1 ? last : base + node.inputs[k];
                readers[static_cast<size_t>(step.sources[k] + 1)]++;
            }
            steps.push_back(step);
            readers.push_back(0);
        }
        if (!part.graph->nodes.empty()) {
            last = static_cast<int>(steps.size()) - 1;
            shape = part.graph->nodes.back().out;
        }
    }

    auto evolved = std::make_unique<EvolvedNetwork>();
    Wiring wiring;
    std::vector<int> blobs;  // the next unread copy of each step's output
    const auto offer = [&](int blob) {
        const int copies = readers[blobs.size()];
        blobs.push_back(copies > 1 ? wiring.add(ncnn::LayerType::Split, {blob}, copies, {}) : blob);
    };
    offer(kEvolvedInputBlob);
    for (const Step& step : steps) {
        const Graph& graph = *step.part->graph;
        const Node& node = graph.nodes[step.node];
        const int first = blobs[static_cast<size_t>(step.sources[0] + 1)]++;
        const int second =
            step.sources[1] == -2 ? 0 : blobs[static_cast<size_t>(step.sources[1] + 1)]++;
        if (!node.has_weights()) {
            offer(add_plain(wiring, node, first, second));
            continue;
        }
        const auto slot = static_cast<int>(evolved->wired.size());
        WiredLayer wired = {prepared(graph, step.node), nullptr, nullptr, node.relu};
        if (node.table >= 0) {
            const Table& table = ensemble_.tables[static_cast<size_t>(node.table)];
            const auto row =
                static_cast<size_t>(step.part->context) * static_cast<size_t>(table.channels);
            wired.scale = table.scales + row;
            wired.shift = table.shifts + row;
        }
        evolved->wired.push_back(wired);
        offer(wiring.add(kWiredType, {first}, 1, {{0, slot}}));
    }
    evolved->output_blob = blobs.back();

    ncnn::Net& net = evolved->net;
    net.opt = options_;
    net.opt.blob_allocator = &blobs_;
    net.opt.workspace_allocator = &workspace_;
    net.register_custom_layer(kWiredType, create_wired, nullptr, &evolved->wired);
    const unsigned char* nothing = nullptr;
    const ncnn::DataReaderFromMemory no_weights(nothing, 0);
    if (wiring.load(net) || net.load_model(no_weights))
        fail_engine("the engine refuses the network");
    return evolved;
}
