import Foundation

extension Data {
  /// The first key that an object of this JSON has twice, which decoders pass over in silence; nil where all are
  /// different, and for what is no JSON.
  var firstDuplicateKey: String? {
    // The keys of the objects around the place that is read; nil for an array.
    var open: [Set<String>?] = []
    var expectsKey = false
    var index = startIndex
    while index < endIndex {
      switch self[index] {
      case UInt8(ascii: "{"):
        open.append([])
        expectsKey = true
      case UInt8(ascii: "["):
        open.append(nil)
        expectsKey = false
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        _ = open.popLast()
        expectsKey = false
      case UInt8(ascii: ","): expectsKey = open.last.map { $0 != nil } ?? false
      case UInt8(ascii: "\""):
        let end = endOfString(from: index)
        guard end < endIndex else { return nil }
        if expectsKey, !open.isEmpty, let key = string(index...end) {
          guard open[open.count - 1]?.insert(key).inserted != false else { return key }
          expectsKey = false
        }
        index = end
      default: break
      }
      index += 1
    }
    return nil
  }

  /// The place of the quote that ends the string which begins at another; the end of all where none does.
  private func endOfString(from start: Index) -> Index {
    var index = start + 1
    while index < endIndex, self[index] != UInt8(ascii: "\"") { index += self[index] == UInt8(ascii: "\\") ? 2 : 1 }
    return Swift.min(index, endIndex)
  }

  private func string(_ quoted: ClosedRange<Index>) -> String? {
    let bytes = self[quoted]
    guard bytes.contains(UInt8(ascii: "\\")) else {
      return String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
    }
    return try? JSONDecoder().decode(String.self, from: Data(bytes))
  }
}
