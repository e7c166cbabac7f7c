import Torch

// So that one of several processes can give the others a map that it fitted.
extension LinearMap {
  /// All that it consists of; traps for one that is added to what a layer says.
  func tensors() throws -> [Tensor] {
    switch self {
    case .classes(_, from: .some): preconditionFailure("a map that is added to what a layer says")
    case .classes(let fitted, from: nil): try Self.tensors(0, fitted.space, fitted.weights)
    case .labels(let fitted): try Self.tensors(1, fitted.space, fitted.weights)
    case .numbers(let fitted): try Self.tensors(2, fitted.space, fitted.weights)
    }
  }

  private static func tensors(_ kind: Double, _ space: FeatureSpace, _ weights: Tensor) throws -> [Tensor] {
    [try Tensor([kind, space.hasBias ? 1 : 0]), weights, space.mean, space.deviation] + (space.axes?.tensors ?? [])
  }

  /// - Parameter tensors: as ``tensors()`` gives them.
  init(tensors: [Tensor]) throws {
    let header = try tensors[0].array(of: Double.self)
    let space = FeatureSpace(
      mean: tensors[2], deviation: tensors[3], axes: PrincipalAxes(tensors: Array(tensors.dropFirst(4))),
      hasBias: header[1] == 1)
    switch header[0] {
    case 0: self = .classes(LogisticRegression(in: space, weights: tensors[1]))
    case 1: self = .labels(LabelRegression(in: space, weights: tensors[1]))
    default: self = .numbers(RidgeRegression(in: space, weights: tensors[1]))
    }
  }
}

extension PrincipalAxes {
  fileprivate var tensors: [Tensor] {
    switch self {
    case .directions(let directions): [directions]
    case .combinations(let examples, let shares): [examples, shares]
    }
  }

  /// Nil where there are none.
  fileprivate init?(tensors: [Tensor]) {
    switch tensors.count {
    case 0: return nil
    case 1: self = .directions(tensors[0])
    default: self = .combinations(of: tensors[0], shares: tensors[1])
    }
  }
}
