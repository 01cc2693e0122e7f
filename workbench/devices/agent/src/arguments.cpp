#include "arguments.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "failure.h"

namespace {

constexpr int kMostCpus = 1024;

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    size_t start = 0;
    while (true) {
        const size_t end = text.find(separator, start);
        parts.push_back(text.substr(start, end - start));
        if (end == std::string::npos) return parts;
        start = end + 1;
    }
}

}  // namespace

bool parse_integer(const std::string& text, int64_t least, int64_t most, int64_t* value) {
    const char* start = text.c_str();
    if (text.empty() || !(std::isdigit(static_cast<unsigned char>(*start)) || *start == '-'))
        return false;
    char* end = nullptr;
    errno = 0;
    const long long number = std::strtoll(start, &end, 10);
    if (errno || end != start + text.size() || number < least || number > most) return false;
    *value = number;
    return true;
}

bool parse_cpu_list(const std::string& text, std::vector<int>* cpus) {
    cpus->clear();
    if (text.empty()) return true;
    for (const std::string& part : split(text, ',')) {
        const size_t dash = part.find('-');
        int64_t first = 0, last = 0;
        if (!parse_integer(part.substr(0, dash), 0, kMostCpus - 1, &first)) return false;
        if (dash == std::string::npos) last = first;
        else if (!parse_integer(part.substr(dash + 1), first, kMostCpus - 1, &last)) return false;
        for (int64_t cpu = first; cpu <= last; cpu++) cpus->push_back(static_cast<int>(cpu));
    }
    std::sort(cpus->begin(), cpus->end());
    cpus->erase(std::unique(cpus->begin(), cpus->end()), cpus->end());
    return true;
}

Arguments::Arguments(int argc, char** argv, const std::vector<std::string>& options,
                     const std::vector<std::string>& flags) {
    const auto known = [](const std::vector<std::string>& names, const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (int i = 0; i < argc; i++) {
        const std::string name = argv[i];
        if (has(name)) fail_usage(name + " is given twice");
        if (known(flags, name)) {
            values_[name] = "";
        } else if (known(options, name)) {
            if (i + 1 == argc) fail_usage(name + " lacks its value");
            values_[name] = argv[++i];
        } else {
            fail_usage("unknown argument '" + name + "'");
        }
    }
}

std::string Arguments::text(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end() || found->second.empty()) fail_usage(name + " is needed");
    return found->second;
}

int64_t Arguments::integer(const std::string& name, int64_t otherwise, int64_t least,
                           int64_t most) const {
    if (!has(name)) return otherwise;
    int64_t value = 0;
    if (!parse_integer(values_.at(name), least, most, &value))
        fail_usage(name + " takes a whole number from " + std::to_string(least) + " to " +
                   std::to_string(most));
    return value;
}

double Arguments::real(const std::string& name, double otherwise, double least, double most) const {
    if (!has(name)) return otherwise;
    const std::string& text = values_.at(name);
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || end != text.c_str() + text.size() || !(value >= least && value <= most))
        fail_usage(name + " takes a number from " + std::to_string(least) + " to " +
                   std::to_string(most));
    return value;
}

std::vector<int> Arguments::list(const std::string& name, size_t count, int least, int most) const {
    std::vector<int> values;
    for (const std::string& part : split(text(name), ',')) {
        int64_t value = 0;
        if (!parse_integer(part, least, most, &value))
            fail_usage(name + " takes whole numbers from " + std::to_string(least) + " to " +
                       std::to_string(most) + ", joined by commas");
        values.push_back(static_cast<int>(value));
    }
    if (count && values.size() != count)
        fail_usage(name + " takes " + std::to_string(count) + " numbers");
    return values;
}

std::vector<int> Arguments::cpus(const std::string& name) const {
    std::vector<int> cpus;
    if (has(name) && (!parse_cpu_list(values_.at(name), &cpus) || cpus.empty()))
        fail_usage(name + " takes processors such as 0-3,6");
    return cpus;
}
