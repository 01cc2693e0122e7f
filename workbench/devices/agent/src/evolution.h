// From a configuration to a network that is ready to run, by wiring layers that are prepared once.
//
// Preparing a layer is what costs: the engine repacks its weights (for 3x3 kernels it also
// transforms them). A layer's batch normalisation depends on what was chosen before it; folded
// into the weights it would give a variant for every context. So the prepared layer holds the
// plain weights, one a layer, operator and number of input channels, and scale, shift and ReLU
// are applied to its output.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "allocator.h"
#include "ensemble.h"
#include "net.h"

// One layer of the engine with its weights repacked.
class PreparedLayer {
public:
    PreparedLayer(const Node& node, const Ensemble& ensemble, const ncnn::Option& options);
    ~PreparedLayer();
    PreparedLayer(const PreparedLayer&) = delete;
    PreparedLayer& operator=(const PreparedLayer&) = delete;

    ncnn::Layer* const layer;
    size_t bytes = 0;  // memory that it takes

private:
    const ncnn::Option& options_;
};

// A prepared layer in its place in a network.
struct WiredLayer {
    std::shared_ptr<PreparedLayer> prepared;
    const float* scale;  // nullptr: no batch normalisation
    const float* shift;
    bool relu;
};

struct EvolvedNetwork {
    std::vector<WiredLayer> wired;  // outlives `net`, which refers to it
    ncnn::Net net;
    int output_blob = 0;
};

constexpr int kEvolvedInputBlob = 0;

class Evolution {
public:
    // Keeps about `cache_bytes` of prepared layers, dropping those not used for longest.
    Evolution(const Ensemble& ensemble, int threads, size_t cache_bytes);

    // Prepares every layer there can be.
    void prepare_all();
    void forget_all();
    std::unique_ptr<EvolvedNetwork> evolve(const std::vector<int>& configuration);

    int64_t prepared_count = 0;  // layers that were prepared so far
    int64_t evicted_count = 0;
    size_t cached_bytes = 0;
    size_t cached_count() const;

private:
    struct Entry {
        std::shared_ptr<PreparedLayer> prepared;
        uint64_t used = 0;
    };
    std::shared_ptr<PreparedLayer> prepared(const Graph& graph, size_t node);

    const Ensemble& ensemble_;
    const size_t cache_bytes_;
    // Shared by all networks, so that a new one does not start with an empty pool.
    ncnn::PoolAllocator blobs_, workspace_;
    ncnn::Option options_;
    std::vector<Entry> cache_;  // by number among the nodes of all graphs
    uint64_t clock_ = 0;
};
