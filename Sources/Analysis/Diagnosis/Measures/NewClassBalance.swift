import Datasets
import Evaluation
import Metrics
import Models
import Torch

/// What can be done about the bias of one head toward the classes that were added to it.
///
/// A head that learns new classes without examples of the old ones answers with the new ones: their rows grow long, and
/// nothing holds their biases down.
struct NewClassBalance {
  private let models: ComparedModels
  /// The head's outputs that the target alone has.
  private let new: [Int]
  /// All others.
  private let known: [Int]
  /// The names of the head's matrix, `[classes, width]`, and of its biases, `[classes]`.
  private let kernel: String
  private let bias: String?

  /// Nil where each task has a head of its own, the classes of one are all the other's, or the head is no linear layer.
  init?(_ models: ComparedModels) {
    guard models.sourceTask == models.targetTask, let source = models.classes.source,
      let added = models.classes.apart?.target, let head = models.after.heads[models.sourceTask]?.tensors
    else { return nil }
    let outputs = Set(0..<source.outputCount)
    let kernels = head.filter { $0.value.shape.count == 2 && $0.value.shape[0] == outputs.count }
    let others = head.filter { kernels[$0.key] == nil }
    guard let kernel = kernels.keys.first, kernels.count == 1, others.count < 2,
      others.allSatisfy({ $0.value.shape == [outputs.count] })
    else { return nil }
    self.models = models
    self.kernel = kernel
    bias = others.keys.first
    (new, known) = (added.sorted(), outputs.subtracting(added).sorted())
  }

  private var head: [String: Tensor] { models.after.heads[models.sourceTask]?.tensors ?? [:] }

  /// The rows of the new classes, brought to the mean length of the others; no example is needed for that.
  ///
  /// Zhao et al., "Maintaining discrimination and fairness in class incremental learning", CVPR 2020, equations 8 and 9.
  func alignment() throws -> ModelChange? {
    guard let weight = head[kernel] else { return nil }
    return try withoutGradients { () throws -> ModelChange? in
      let lengths = try weight.squared().sum(along: [1]).to(.float64).array(of: Double.self).map { $0.squareRoot() }
      func mean(_ rows: [Int]) -> Double { rows.reduce(0) { $0 + lengths[$1] } / Double(rows.count) }
      guard mean(new) > 0, mean(known) > 0 else { return nil }
      var factors = [Float](repeating: 1, count: lengths.count)
      for row in new { factors[row] = Float(mean(known) / mean(new)) }
      let scale = try Tensor(factors, shape: [factors.count, 1], device: weight.device).to(weight.type ?? .float32)
      return ModelChange(sourceHead: [kernel: try weight.multiply(scale)])
    }
  }

  /// The biases of the new classes moved by what makes most of both tasks' examples right, counted on the half that
  /// chooses; nil where no move is better than none, or the head has no biases.
  ///
  /// The offset of Wu et al., "Large scale incremental learning", CVPR 2019, fitted to right answers rather than to their loss.
  func offset() throws -> (change: ModelChange, offset: Double)? {
    // It counts examples that have one class each.
    guard models.sourceKind.isClassification else { return nil }
    guard let bias, let values = head[bias], let target = models.targetTest else { return nil }
    let half = Half.choosing
    let parts = try [models.sourceTest, target].map { try margins(of: half.take($0)) }
    guard let best = Self.bestOffset(parts) else { return nil }
    return try withoutGradients {
      var offsets = [Float](repeating: 0, count: values.shape[0])
      for row in new { offsets[row] = Float(best) }
      let moved = try values.add(Tensor(offsets, device: values.device).to(values.type ?? .float32))
      return (ModelChange(sourceHead: [bias: moved]), best)
    }
  }

  /// One example: by how much the best of the new classes is above the best of the others, and which of the two answers is
  /// right.
  struct Margin {
    var lead: Double
    var newIsRight: Bool
    var knownIsRight: Bool
  }

  /// The offset of the new classes that makes the mean of the tasks' accuracies largest, of equal ones the nearest to 0; nil
  /// for none.
  static func bestOffset(_ tasks: [[Margin]]) -> Double? {
    // From an offset of −∞, where all are answered with known classes, each example turns where the offset passes −lead.
    let turns = tasks.flatMap { margins in
      margins.map { margin in
        let gain = (margin.newIsRight ? 1.0 : 0) - (margin.knownIsRight ? 1 : 0)
        return (offset: -margin.lead, gain: gain / Double(margins.count))
      }
    }.sorted { $0.offset < $1.offset }
    guard turns.count > 1 else { return nil }
    var (score, best, offset) = (0.0, -Double.infinity, 0.0)
    var current = 0.0
    for turn in turns where turn.offset < 0 { current += turn.gain }
    for (turn, next) in zip(turns, turns.dropFirst()) {
      score += turn.gain
      guard next.offset > turn.offset else { continue }
      let middle = (turn.offset + next.offset) / 2
      if score > best + 1e-12 || (score > best - 1e-12 && abs(middle) < abs(offset)) {
        (best, offset) = (score, middle)
      }
    }
    return best > current + 1e-12 ? offset : nil
  }

  private func margins(of split: Split) throws -> [Margin] {
    let model = models.after
    return try model.withHead(of: models.sourceTask) {
      try withoutGradients {
        var found: [Margin] = []
        for batch in models.pass.part(of: try Batches(split: split, batchSize: 250, device: model.device)) {
          let logits = try model.run(try batch.modelInputs(for: model)).logits.to(.float64)
          let (values, width) = (try logits.array(of: Double.self), logits.shape[1])
          for (row, index) in batch.indices.enumerated() {
            let own = values[row * width..<(row + 1) * width]
            func best(_ outputs: [Int]) -> Int {
              outputs.max { own[own.startIndex + $0] < own[own.startIndex + $1] } ?? 0
            }
            let (first, second) = (best(new), best(known))
            let label = Int(split.labels[index])
            found.append(
              Margin(
                lead: own[own.startIndex + first] - own[own.startIndex + second], newIsRight: first == label,
                knownIsRight: second == label))
          }
        }
        let all = try models.pass.joined([
          found.map(\.lead), found.map { $0.newIsRight ? 1 : 0 }, found.map { $0.knownIsRight ? 1 : 0 },
        ])
        return all[0].indices.map {
          Margin(lead: all[0][$0], newIsRight: all[1][$0] == 1, knownIsRight: all[2][$0] == 1)
        }
      }
    }
  }
}
