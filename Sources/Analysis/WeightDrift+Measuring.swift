import Checkpoints
import Findings
import Foundation
import HDF5
import Metrics
import Programs

extension WeightDrift {
  /// Drift from one checkpoint to another.
  ///
  /// - Complexity: O(bytes), near the speed of memory, on all processors. Results do not depend on their number.
  public init(before: Checkpoint, after: Checkpoint) {
    self.init(before: before.driftTensors, after: after.driftTensors)
  }

  /// Drift between two files of any kind; see ``ComparedWeights``.
  public init(before: ComparedWeights, after: ComparedWeights) {
    let (left, right) = ComparedWeights.tensors(before, after)
    self.init(before: left, after: right)
  }
}

extension LayerDrift {
  fileprivate init(layer: String, task: String? = nil, sums: DriftSums, parameterCount: Int) {
    self.init(
      layer: layer, l2: sums.l2, relative: sums.relative, cosine: sums.cosine, maxAbsolute: sums.maxAbsolute,
      task: task, parameterCount: parameterCount)
  }
}

/// A tensor to compare, with what the report says of it.
struct DriftTensor {
  var name: String
  var layer: String
  var task: String?
  var isBuffer: Bool
  var view: TensorView
}

extension WeightDrift {
  init(before: [DriftTensor], after: [DriftTensor]) {
    let counterparts = Dictionary(after.map { ($0.name, $0) }) { first, _ in first }
    var pairs: [(before: DriftTensor, after: TensorView)] = []
    var onlyInA: [String] = []
    var mismatches: [ShapeMismatch] = []
    for tensor in before {
      guard let other = counterparts[tensor.name], other.isBuffer == tensor.isBuffer else {
        onlyInA.append(tensor.name)
        continue
      }
      if other.view.shape == tensor.view.shape {
        pairs.append((tensor, other.view))
      } else {
        mismatches.append(ShapeMismatch(name: tensor.name, before: tensor.view.shape, after: other.view.shape))
      }
    }
    let kinds = Dictionary(before.map { ($0.name, $0.isBuffer) }) { first, _ in first }
    let onlyInB = after.filter { kinds[$0.name] != $0.isBuffer }.map(\.name)
    let sums = DriftSums.all(pairs.map { ($0.before.view, $0.after) })
    let parameters = zip(pairs, sums).map { pair, sums in
      ParameterDrift(
        name: pair.before.name, shape: pair.before.view.shape, l2: sums.l2, relative: sums.relative,
        cosine: sums.cosine, maxAbsolute: sums.maxAbsolute, layer: pair.before.layer, task: pair.before.task,
        isBuffer: pair.before.isBuffer)
    }
    var order: [String] = []
    var joined: [String: (task: String?, sums: DriftSums, count: Int)] = [:]
    var total = DriftSums()
    var totalCount = 0
    for (pair, sums) in zip(pairs, sums) where !pair.before.isBuffer {
      let layer = pair.before.layer
      if joined[layer] == nil { order.append(layer) }
      joined[layer, default: (pair.before.task, DriftSums(), 0)].sums += sums
      joined[layer]?.count += pair.before.view.count
      total += sums
      totalCount += pair.before.view.count
    }
    self.init(
      parameters: parameters,
      layers: order.compactMap { layer in
        joined[layer].map { LayerDrift(layer: layer, task: $0.task, sums: $0.sums, parameterCount: $0.count) }
      },
      total: TotalDrift(
        l2: total.l2, relative: total.relative, cosine: total.cosine, maxAbsolute: total.maxAbsolute,
        parameterCount: totalCount), onlyInA: onlyInA, onlyInB: onlyInB,
      shapeMismatches: mismatches)
  }
}

extension DriftSums {
  /// The sums of each pair. Parts of a fixed size are added in order, so the processors' number changes nothing.
  static func all(_ pairs: [(TensorView, TensorView)], partSize: Int = 1 << 19) -> [DriftSums] {
    var parts: [(pair: Int, elements: Range<Int>)] = []
    for (pair, views) in pairs.enumerated() {
      for start in stride(from: 0, to: views.0.count, by: partSize) {
        parts.append((pair, start..<min(start + partSize, views.0.count)))
      }
    }
    let partial = sideBySide(parts.count) { [parts] index in
      let (before, after) = pairs[parts[index].pair]
      let elements = parts[index].elements
      defer {
        for view in [before, after] {
          let size = view.elementType.byteCount
          view.releasePages(elements.lowerBound * size..<elements.upperBound * size)
        }
      }
      return DriftSums(before, after, elements: elements)
    }
    var sums = [DriftSums](repeating: DriftSums(), count: pairs.count)
    for (part, partial) in zip(parts, partial) { sums[part.pair] += partial }
    // Infinity − infinity is NaN, yet equal bytes have not drifted.
    for (index, views) in pairs.enumerated()
    where sums[index].squaredDifference.isNaN && views.0.isIdentical(to: views.1) {
      sums[index].squaredDifference = 0
      sums[index].maxAbsolute = 0
    }
    return sums
  }
}
