import Datasets
import Metrics
import Torch

/// Which places of a batch's examples count, and which of them are drawn: the same in every layer and both networks.
struct ExamplePlaces {
  /// Places that are drawn from an example: one of each quarter.
  static let drawnCount = 4
  private let exampleCount: Int
  /// Of each example which tokens are no padding; nil where nothing says so.
  private let counted: [[Bool]]?
  private let seed: UInt64

  /// - Parameters:
  ///   - counted: of each example, `[batch][tokens]`; one without any that counts is taken whole.
  ///   - seed: of the draw; another for each batch.
  init(exampleCount: Int, counted: [[Bool]]? = nil, seed: UInt64) {
    self.exampleCount = exampleCount
    self.counted = counted?.map { $0.contains(true) ? $0 : $0.map { _ in true } }
    self.seed = seed
  }

  /// What counts of so many tokens; nil where all of them do.
  private func counted(of length: Int) -> [[Bool]]? {
    guard let counted, counted.allSatisfy({ $0.count == length }), counted.joined().contains(false) else { return nil }
    return counted
  }

  /// The mean over the tokens that count, `[batch, width]`.
  func mean(of features: Tensor) throws -> Tensor {
    guard let counted = counted(of: features.shape[1]) else { return try features.mean(along: [1]) }
    let shares = counted.flatMap { row in
      let share = 1 / Float(row.count { $0 })
      return row.map { $0 ? share : 0 }
    }
    let weights = try Tensor(shares, shape: [exampleCount, features.shape[1], 1], device: features.device)
    return try features.multiply(weights).sum(along: [1])
  }

  /// Drawn places, one after the other and example by example, `[batch · drawnCount, width]`.
  ///
  /// - Parameter features: `[batch, tokens, width]`, or a map `[batch, channels, rows, …]`.
  func drawn(from features: Tensor) throws -> Tensor {
    let shape = features.shape
    guard shape.count > 3 else {
      let rows = try features.reshaped([-1, shape[2]])
      return try rows.selecting(Tensor(tokens(of: shape[1]), device: features.device), along: 0)
    }
    let columns = shape[3...].reduce(1, *)
    let rows = try features.reshaped([shape[0], shape[1], -1]).permuted([0, 2, 1]).contiguous()
      .reshaped([-1, shape[1]])
    return try rows.selecting(
      Tensor(places(of: shape[2], columns), device: features.device), along: 0)
  }

  /// Of each example a token of each quarter of those that count, where it stands among all.
  private func tokens(of length: Int) -> [Int64] {
    var random = RandomSource(seed: seed)
    let counted = counted(of: length)
    return (0..<exampleCount).flatMap { example -> [Int64] in
      let own = counted.map { mask in (0..<length).filter { mask[example][$0] } } ?? Array(0..<length)
      return Self.draw(of: own.count, using: &random).map { Int64(example * length + own[$0]) }
    }
  }

  /// Of each example a place of each quarter of the rows, in a column of its own.
  private func places(of rows: Int, _ columns: Int) -> [Int64] {
    var random = RandomSource(seed: seed)
    return (0..<exampleCount).flatMap { example -> [Int64] in
      Self.draw(of: rows, using: &random).map { row in
        let column = min(columns - 1, Int(random.uniform() * Double(columns)))
        return Int64((example * rows + row) * columns + column)
      }
    }
  }

  /// One number of each quarter below a count; of fewer than four some twice.
  private static func draw(of count: Int, using random: inout RandomSource) -> [Int] {
    (0..<drawnCount).map { quarter in
      let (start, end) = (quarter * count / drawnCount, (quarter + 1) * count / drawnCount)
      return min(count - 1, start + Int(random.uniform() * Double(max(1, end - start))))
    }
  }
}

extension Batch {
  /// The places of the batch's examples.
  ///
  /// - Parameter seed: of what is drawn; the same for the same batch of another network.
  func places(seed: UInt64) throws -> ExamplePlaces {
    ExamplePlaces(exampleCount: indices.count, counted: try countedTokens(), seed: seed &+ UInt64(indices.first ?? 0))
  }

  /// Of each example which tokens are no padding: by the attention mask, else by labels that are not −100; nil of others.
  private func countedTokens() throws -> [[Bool]]? {
    let mask = try inputs.first { $0.name == "attention_mask" && $0.tensor.shape.count == 2 }?.tensor
    let labels = try labels
    let isSequence = labels.shape.count == 2 && labels.type == .int64
    guard let known = mask ?? (isSequence ? labels : nil) else { return nil }
    let none = mask == nil ? Dataset.ignoredLabel : 0
    let flags = try known.to(.int64).array(of: Int64.self).map { $0 != none }
    return stride(from: 0, to: flags.count, by: known.shape[1]).map { Array(flags[$0..<$0 + known.shape[1]]) }
  }
}
