import Torch

/// Minimization by L-BFGS with ten pairs and a backtracking line search.
///
/// Nocedal and Wright, "Numerical Optimization", 2006, algorithm 7.5. Its two loops go over the products of steps, changes
/// and gradient with each other, so that the vectors themselves are read twice a step (Chen, Wang and Zhou, "Large-scale
/// L-BFGS using MapReduce", 2014).
struct LimitedMemoryBFGS {
  private static let pairCount = 10
  /// No element of the gradient by the weights is larger where it ends, unless the steps do or more is allowed.
  static let smallestSlope = 1e-7
  private static let gradientRow = 2 * pairCount

  /// Steps, then changes of the gradient, then the gradient, `[2 · pairs + 1, variables]`.
  private let vectors: Tensor
  /// Their products with each other.
  private var products = [[Double]](
    repeating: [Double](repeating: 0, count: gradientRow + 1), count: gradientRow + 1)
  /// Places of the pairs that are kept, the oldest first.
  private var places: [Int] = []

  private init(_ gradient: Tensor) throws {
    vectors = try Tensor.zeros([Self.gradientRow + 1, gradient.count], type: .float64, device: gradient.device)
    try put([(Self.gradientRow, gradient)])
  }

  /// - Returns: the variables, in a row, and the largest element of the gradient by the weights there.
  static func minimize(
    _ problem: PenalizedLoss, from start: Tensor, iterations: Int, slope smallestSlope: Double = smallestSlope
  ) throws -> (variables: Tensor, residual: Double) {
    var point = start
    var (loss, gradient) = try problem.value(point)
    var residual = try problem.largestSlope(gradient)
    var memory = try LimitedMemoryBFGS(gradient)
    for _ in 0..<iterations where residual >= smallestSlope {
      let (direction, slope) = try memory.direction()
      guard slope < 0 else {
        guard !memory.places.isEmpty else { break }
        memory.places = []
        continue
      }
      var length = 1.0
      var next = try problem.value(point.add(direction))
      while next.loss > loss + 1e-4 * length * slope, length > 1e-10 {
        length /= 2
        next = try problem.value(point.add(direction, scaledBy: length))
      }
      guard length > 1e-10 else { break }
      let step = try direction.multiply(by: length)
      try memory.take(step, next.gradient.subtract(gradient), next.gradient)
      point = try point.add(step)
      (loss, gradient) = next
      residual = try problem.largestSlope(gradient)
    }
    return (point, residual)
  }

  /// Takes a step, what it changed the gradient by, and the gradient where it led.
  private mutating func take(_ step: Tensor, _ change: Tensor, _ gradient: Tensor) throws {
    if places.count == Self.pairCount { places.removeFirst() }
    let place = (0..<Self.pairCount).first { !places.contains($0) } ?? 0
    try put([(place, step), (Self.pairCount + place, change), (Self.gradientRow, gradient)])
    if products[place][Self.pairCount + place] > 1e-14 { places.append(place) }
  }

  private mutating func put(_ rows: [(row: Int, vector: Tensor)]) throws {
    for (row, vector) in rows { try vectors.narrowed(from: row, count: 1).copyInPlace(from: vector.reshaped([1, -1])) }
    let own = try Tensor.concatenated(rows.map { try $0.vector.reshaped([1, -1]) })
    let found = try vectors.matrixProduct(own.transposed()).array(of: Double.self)
    for (column, entry) in rows.enumerated() {
      for row in products.indices {
        products[row][entry.row] = found[row * rows.count + column]
        products[entry.row][row] = found[row * rows.count + column]
      }
    }
  }

  /// Where to go from the point of the last gradient, and how steep that is.
  private func direction() throws -> (vector: Tensor, slope: Double) {
    var shares = [Double](repeating: 0, count: products.count)
    shares[Self.gradientRow] = -1
    func product(_ row: Int) -> Double { zip(products[row], shares).reduce(0) { $0 + $1.0 * $1.1 } }
    var taken: [Double] = []
    for place in places.reversed() {
      let share = product(place) / products[place][Self.pairCount + place]
      shares[Self.pairCount + place] -= share
      taken.append(share)
    }
    if let last = places.last {
      let change = Self.pairCount + last
      let scale = products[last][change] / products[change][change]
      for index in shares.indices { shares[index] *= scale }
    }
    for (place, share) in zip(places, taken.reversed()) {
      shares[place] += share - product(Self.pairCount + place) / products[place][Self.pairCount + place]
    }
    let weights = try Tensor(shares, shape: [1, shares.count], device: vectors.device)
    return (try weights.matrixProduct(vectors).reshaped([-1]), product(Self.gradientRow))
  }
}
