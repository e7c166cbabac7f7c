import Evaluation
import Torch

/// A layer's output as rows of features, and which row stands for which place of the labels.
struct PlacedFeatures {
  /// `[batch · places, width]`.
  let rows: Tensor
  private let exampleCount: Int
  /// Rows that an example has.
  private let rowCount: Int
  /// Of each place of an example's labels the row among the example's.
  private let rowOfPlace: [Int]
  /// The shape of an example's labels where each place has a class; nil where an example is one row.
  private let grid: [Int]?
  /// Wider features than this are averaged over their places where an example is one row.
  private static let widest = 25_000

  /// - Returns: nil where the output has no places for those of the labels.
  init?(_ output: Tensor, for targets: ProbeTargets) throws {
    exampleCount = output.shape[0]
    switch targets {
    case .labels(let labels), .numbers(let labels):
      guard exampleCount == labels.shape[0] else { return nil }
      let isWide = output.shape.dropFirst().reduce(1, *) > Self.widest
      let places = ExamplePlaces(exampleCount: exampleCount, seed: 0)
      guard let flat = try FeaturePooling.rows(output, isWide ? .mean : nil, places)?.flattened() else { return nil }
      (rows, rowCount, rowOfPlace, grid) = (flat, 1, [0], nil)
    case .classes(let labels):
      let (shape, own) = (Array(labels.shape.dropFirst()), output.shape)
      guard exampleCount == labels.shape[0] else { return nil }
      grid = shape
      if shape.count == 1, own.count == 3, own[1] == shape[0] {
        rows = try output.reshaped([-1, own[2]])
        rowCount = own[1]
        rowOfPlace = Array(0..<own[1])
      } else if shape.count == 2, own.count == 4 {
        rows = try output.permuted([0, 2, 3, 1]).contiguous()
          .reshaped([-1, own[1]])
        rowCount = own[2] * own[3]
        // A coarser map stands for the pixels below it.
        rowOfPlace = (0..<shape[0] * shape[1]).map { place in
          (place / shape[1] * own[2] / shape[0]) * own[3] + place % shape[1] * own[3] / shape[1]
        }
      } else {
        return nil
      }
    }
  }

  /// The row of a place of an example's labels.
  func row(_ place: Int, of example: Int) -> Int64 { Int64(example * rowCount + rowOfPlace[place]) }

  /// What a map says, in the form of a model's outputs.
  func outputs(of map: LinearMap) throws -> Tensor {
    let said = try map.outputs(rows)
    guard let grid else { return said }
    let width = said.shape[1]
    guard grid.count == 2 else { return try said.reshaped([exampleCount, rowCount, width]) }
    let places = (0..<exampleCount).flatMap { example in rowOfPlace.indices.map { row($0, of: example) } }
    let spread = try said.selecting(Tensor(places, device: said.device), along: 0)
      .reshaped([exampleCount] + grid + [width])
    return try spread.permuted([0, 3, 1, 2]).contiguous()
  }
}

/// A linear function of features that gives what a kind of task calls outputs.
enum LinearMap {
  /// Added to what a layer says that was there before; nil where there was none.
  case classes(LogisticRegression, from: LinearLayer? = nil)
  case labels(LabelRegression)
  case numbers(RidgeRegression)

  /// `[rows, outputs]`, float64.
  func outputs(_ rows: Tensor) throws -> Tensor {
    switch self {
    case .classes(let regression, let known):
      let logits = try regression.logits(rows)
      return try known.map { try logits.add($0.outputs(rows)) } ?? logits
    case .labels(let regression): return try regression.logits(rows)
    case .numbers(let regression): return try regression.predictions(rows)
    }
  }

  /// Likewise of rows whose coordinates in the space of the features are known.
  ///
  /// - Parameter said: what the layer says of the rows that was there before; nil where there was none.
  func outputs(atCoordinates coordinates: Tensor, besides said: Tensor?) throws -> Tensor {
    switch self {
    case .classes(let regression, _):
      let logits = try regression.outputs(atCoordinates: coordinates)
      return try said.map { try logits.add($0) } ?? logits
    case .labels(let regression): return try regression.outputs(atCoordinates: coordinates)
    case .numbers(let regression): return try regression.outputs(atCoordinates: coordinates)
    }
  }

  /// The same function of features that are not standardized.
  func linearLayer() throws -> LinearLayer {
    switch self {
    case .classes(let regression, let known):
      let own = try regression.linearLayer()
      return try known.map { try $0 + own } ?? own
    case .labels(let regression): return try regression.linearLayer()
    case .numbers(let regression): return try regression.linearLayer()
    }
  }
}
