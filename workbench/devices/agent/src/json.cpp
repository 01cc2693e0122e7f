#include "json.h"

#include <unistd.h>
#include <cmath>
#include <cstdio>

#include "failure.h"

JsonLine::JsonLine(std::string_view record) {
    line_ = "{\"schema\":" + std::to_string(kSchema);
    text("record", record);
}

void JsonLine::begin(const char* key) {
    if (!first_) line_ += ',';
    first_ = false;
    if (key) {
        quoted(key);
        line_ += ':';
    }
}

void JsonLine::quoted(std::string_view value) {
    line_ += '"';
    for (char character : value) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte == '"' || byte == '\\') {
            line_ += '\\';
            line_ += character;
        } else if (byte < 0x20 || byte == 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", byte);
            line_ += escape;
        } else {
            // Names in sysfs may hold any byte; what is not ASCII is of no use to the reader.
            line_ += byte < 0x80 ? character : '?';
        }
    }
    line_ += '"';
}

JsonLine& JsonLine::text(const char* key, std::string_view value) {
    begin(key);
    quoted(value);
    return *this;
}

JsonLine& JsonLine::integer(const char* key, int64_t value) {
    begin(key);
    line_ += std::to_string(value);
    return *this;
}

JsonLine& JsonLine::real(const char* key, double value) {
    if (!std::isfinite(value)) return null(key);
    begin(key);
    char number[32];
    std::snprintf(number, sizeof number, "%.9g", value);
    line_ += number;
    return *this;
}

JsonLine& JsonLine::flag(const char* key, bool value) {
    begin(key);
    line_ += value ? "true" : "false";
    return *this;
}

JsonLine& JsonLine::null(const char* key) {
    begin(key);
    line_ += "null";
    return *this;
}

JsonLine& JsonLine::integers(const char* key, const std::vector<int64_t>& values) {
    open_array(key);
    for (int64_t value : values) integer(nullptr, value);
    return close_array();
}

JsonLine& JsonLine::integers(const char* key, const std::vector<int>& values) {
    open_array(key);
    for (int value : values) integer(nullptr, value);
    return close_array();
}

JsonLine& JsonLine::reals(const char* key, const float* values, size_t count) {
    open_array(key);
    for (size_t i = 0; i < count; i++) real(nullptr, static_cast<double>(values[i]));
    return close_array();
}

JsonLine& JsonLine::open(const char* key, char bracket) {
    begin(key);
    line_ += bracket;
    first_ = true;
    return *this;
}

JsonLine& JsonLine::close(char bracket) {
    line_ += bracket;
    first_ = false;
    return *this;
}

void JsonLine::print() {
    line_ += "}\n";
    size_t done = 0;
    while (done < line_.size()) {
        const ssize_t count = write(STDOUT_FILENO, line_.data() + done, line_.size() - done);
        if (count <= 0) _exit(kExitOutput);
        done += static_cast<size_t>(count);
    }
}
