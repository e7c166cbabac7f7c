import Files
import Foundation

extension Checkpoint {
  /// A checksum of all that a training begins from: program, heads, normalization, and every tensor's bytes.
  ///
  /// - Complexity: O(bytes): each tensor is read once.
  public var fingerprint: String {
    get throws {
      var lines = [String(decoding: try program.jsonData(), as: UTF8.self), task]
      if let own = preprocessing {
        lines.append("\(own.scale) \(own.mean) \(own.standardDeviation) \(own.fitsImages)")
        if own.imageSize != nil || own.imageResize != nil {
          lines.append("images \(own.imageSize ?? []) \(own.imageResize ?? 0)")
        }
      }
      func add(_ tensors: [String: TensorView], of part: String) {
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
          lines.append("\(part)/\(name) \(tensor.elementType.rawValue) \(tensor.shape) \(tensor.checksum)")
          tensor.releasePages()
        }
      }
      add(parameters, of: "parameters")
      add(buffers, of: "buffers")
      for (name, head) in heads.sorted(by: { $0.key < $1.key }) {
        lines.append("heads/\(name) \(head.classNames) \(head.labelMap)")
        // The head in place has its tensors among the parameters.
        if name != task { add(head.tensors, of: "heads/\(name)") }
      }
      for (measure, tensors) in importances.sorted(by: { $0.key < $1.key }) {
        add(tensors, of: "importances/\(measure)")
      }
      return Checksum.xxh3(lines.joined(separator: "\n"))
    }
  }
}
