import Foundation
import TestSupport
import Testing

@testable import Torch

/// What several processes compute together: against libtorch's own of one process with everything.
@Suite(.serialized) struct SharedComputationTests {
  /// Numbers that look random, the same in every thread.
  private static func numbers(_ count: Int, _ seed: Int) -> [Double] {
    (0..<count).map { sin(Double($0 * 7919 + seed * 104729)) * 2 + cos(Double($0 * 31 + seed)) }
  }

  private static let channels = 3
  private static let places = 4

  private struct Normalized: Sendable {
    var output: [Double]
    var byInput: [Double]
    var byWeight: [Double]
    var byBias: [Double]
    var mean: [Double]
    var variance: [Double]
  }

  /// Examples `[count, channels, 2, 2]` from the first on, normalized by libtorch or together, with the gradients of a
  /// weighted sum of the outputs.
  ///
  /// - Parameter shares: what each example counts in the sum.
  private static func normalized(
    _ examples: [Int], shares: [Double]? = nil, type: DType = .float64, by processes: ProcessGroup?
  ) throws -> Normalized {
    let width = channels * places
    func rows(_ seed: Int) throws -> Tensor {
      try Tensor(examples.flatMap { numbers(width, seed + $0) }, shape: [examples.count, channels, 2, 2]).to(type)
    }
    let wide: DType = type == .bfloat16 ? .float32 : type
    let (input, factors) = (try rows(1), try rows(1000))
    let (weight, bias) = (
      try Tensor([0.5, -1.5, 2], shape: [channels]).to(wide), try Tensor([0.1, 0.2, -0.3], shape: [channels]).to(wide)
    )
    let mean = try Tensor([0.0, 1, 2], shape: [channels]).to(wide)
    let variance = try Tensor([1.0, 2, 3], shape: [channels]).to(wide)
    for tensor in [input, weight, bias] { try tensor.setRequiresGradient(true) }
    let output: Tensor
    if let processes {
      output = try processes.batchNormalized(
        input, weight: weight, bias: bias, runningMean: mean, runningVariance: variance, momentum: 0.1, epsilon: 1e-5,
        shares: shares)
    } else {
      let found = try Operator("aten::batch_norm")([
        .tensor(input), .tensor(weight), .tensor(bias), .tensor(mean), .tensor(variance), .bool(true), .double(0.1),
        .double(1e-5), .bool(false),
      ])
      guard case .tensor(let tensor)? = found.first else { throw TorchError.failed(operation: "", message: "") }
      output = tensor
    }
    #expect(output.type == type)
    let counted = try Tensor(shares ?? examples.map { _ in 1 }, shape: [examples.count, 1, 1, 1]).to(type)
    let gradients = try output.multiply(factors).multiply(counted).to(.float64).sum()
      .gradients(of: [input, weight, bias])
    func values(_ tensor: Tensor?) throws -> [Double] { try #require(tensor).to(.float64).contiguous().array() }
    return Normalized(
      output: try values(output.detached()), byInput: try values(gradients[0]), byWeight: try values(gradients[1]),
      byBias: try values(gradients[2]), mean: try values(mean), variance: try values(variance))
  }

  private func expectClose(
    _ found: [Double], _ expected: [Double], _ what: String, within tolerance: Double = 1e-10
  ) {
    #expect(found.count == expected.count)
    let worst = zip(found, expected).enumerated().max { abs($0.1.0 - $0.1.1) < abs($1.1.0 - $1.1.1) }
    let difference = worst.map { abs($0.element.0 - $0.element.1) } ?? .nan
    #expect(difference < tolerance, "\(what): \(String(describing: worst))")
  }

  @Test func batchNormalizationIsThatOfTheWholeBatch() throws {
    let parts = [[0, 1, 2, 3, 4], [5], [6, 7, 8]]
    let whole = try Self.normalized(Array(0..<9), by: nil)
    let all = try ranks(3) { rank, environment in
      let place = try #require(try ProcessPlace.named(by: environment))
      return try Self.normalized(parts[rank], by: ProcessGroup(place, timeout: 60))
    }
    expectClose(all.flatMap(\.output), whole.output, "outputs")
    expectClose(all.flatMap(\.byInput), whole.byInput, "gradients by the input")
    func sum(_ of: KeyPath<Normalized, [Double]>) -> [Double] {
      (0..<Self.channels).map { channel in all.reduce(0) { $0 + $1[keyPath: of][channel] } }
    }
    expectClose(sum(\.byWeight), whole.byWeight, "gradients by the weight")
    expectClose(sum(\.byBias), whole.byBias, "gradients by the bias")
    for one in all {
      expectClose(one.mean, whole.mean, "running mean")
      expectClose(one.variance, whole.variance, "running variance")
    }
  }

  /// Two examples that both processes have count half in each.
  @Test func examplesOfSeveralProcessesCountOnce() throws {
    let whole = try Self.normalized([0, 1, 2, 3, 20, 21], by: nil)
    let parts = [[0, 1, 2, 20, 21], [3, 20, 21]]
    let all = try ranks(2) { rank, environment in
      let place = try #require(try ProcessPlace.named(by: environment))
      let shares = parts[rank].map { $0 < 20 ? 1.0 : 0.5 }
      return try Self.normalized(parts[rank], shares: shares, by: ProcessGroup(place, timeout: 60))
    }
    let width = Self.channels * Self.places
    func own(_ path: KeyPath<Normalized, [Double]>) -> [Double] {
      let (first, second) = (all[0][keyPath: path], all[1][keyPath: path])
      return Array(first[..<(3 * width)] + second[..<width])
    }
    func copies(_ path: KeyPath<Normalized, [Double]>) -> [[Double]] {
      all.map { Array($0[keyPath: path].suffix(2 * width)) }
    }
    expectClose(own(\.output), Array(whole.output[..<(4 * width)]), "outputs")
    for part in copies(\.output) { expectClose(part, Array(whole.output[(4 * width)...]), "outputs of copies") }
    expectClose(own(\.byInput), Array(whole.byInput[..<(4 * width)]), "gradients by the input")
    let both = copies(\.byInput)
    expectClose(zip(both[0], both[1]).map(+), Array(whole.byInput[(4 * width)...]), "gradients by copies")
    expectClose(all[0].variance, whole.variance, "running variance")
  }

  @Test func batchNormalizationOfHalfPrecisionKeepsItsType() throws {
    let whole = try Self.normalized(Array(0..<8), type: .bfloat16, by: nil)
    let all = try ranks(2) { rank, environment in
      let place = try #require(try ProcessPlace.named(by: environment))
      return try Self.normalized(
        Array(rank * 4..<rank * 4 + 4), type: .bfloat16, by: ProcessGroup(place, timeout: 60))
    }
    expectClose(all.flatMap(\.output), whole.output, "outputs", within: 0.05)
    expectClose(all[0].mean, whole.mean, "running mean", within: 1e-5)
  }

  /// `Σ (r + 1) · w³` over processes r, of a weight of which each has a part: three elements each, or two and the
  /// last one and a filling, or fillings alone. Gathered at once, or again on the way back.
  @Test(arguments: [9, 5, 4], [false, true]) func partsAreOneTensor(count: Int, isAgain: Bool) throws {
    let values = Self.numbers(count, 5)
    let weight = try Tensor(values, shape: [count, 1])
    try weight.setRequiresGradient(true)
    let cubes = try weight.multiply(weight).multiply(weight).multiply(by: 1 + 2 + 3).sum()
    let expected: [Double] = try #require(cubes.gradients(of: [weight])[0]).reshaped([count]).array()
    let found = try ranks(3) { rank, environment in
      let group = try ProcessGroup(#require(try ProcessPlace.named(by: environment)), timeout: 60)
      let places = group.places(ofPartOf: count)
      let size = group.partSize(of: count)
      let part = try Tensor(Array(values[places]) + [Double](repeating: 0, count: size - places.count))
      try part.setRequiresGradient(true)
      func loss(_ part: Tensor) throws -> Tensor {
        let whole = try group.whole(part, shape: [count, 1])
        #expect(try whole.detached().reshaped([count]).array(of: Double.self) == values)
        return try whole.multiply(whole).multiply(whole).multiply(by: Double(rank + 1)).sum()
      }
      let sum =
        isAgain
        ? try gradientCheckpointed([part], drawingFrom: nil) { inputs, _ in [try loss(inputs[0])] }[0] : try loss(part)
      return try #require(sum.gradients(of: [part])[0]).array(of: Double.self)
    }
    #expect(Set(found.map(\.count)) == [(count + 2) / 3])
    expectClose(Array(found.joined().prefix(count)), expected, "gradients")
    #expect(found.joined().dropFirst(count).allSatisfy { $0 == 0 })
  }

  @Test(arguments: [1, 64, 1 << 20]) func gradientsInBucketsAreTheSums(bucketSize: Int) throws {
    /// Those of `Σ c (w₀ w₁) + Σ w₂²`, where the second process has no `w₂`.
    @Sendable func gradients(_ rank: Int, _ processes: ProcessGroup?) throws -> (found: [[Double]], numbers: [Double]) {
      let inputs = try [
        Tensor(Self.numbers(6, 1), shape: [2, 3]), Tensor(Self.numbers(6, 2).map(Float.init), shape: [2, 3]),
        Tensor(Self.numbers(5, 3)), Tensor(Self.numbers(2, 4)),
      ]
      for input in inputs { try input.setRequiresGradient(true) }
      var loss = try inputs[0].multiply(inputs[1]).multiply(by: Double(rank + 1)).sum()
      if rank == 0 { loss = try loss.add(inputs[2].squared().sum()) }
      guard let processes else {
        let found = try loss.gradients(of: inputs)
        return (
          try zip(found, inputs).map { try $0?.to(.float64).array() ?? [Double](repeating: 0, count: $1.count) }, []
        )
      }
      let sums = try processes.gradients(
        of: loss, by: inputs, besides: [Double(rank), 0.5], bucketSize: bucketSize)
      #expect(zip(sums.gradients, inputs).allSatisfy { $0.shape == $1.shape && $0.type == $1.type })
      return (try sums.gradients.map { try $0.to(.float64).contiguous().array() }, sums.numbers)
    }
    let parts = try (0..<2).map { try gradients($0, nil).found }
    let all = try ranks(2) { rank, environment in
      let place = try #require(try ProcessPlace.named(by: environment))
      let group = try ProcessGroup(place, timeout: 60)
      // Hooks are gone after the first time.
      _ = try gradients(rank, group)
      return try gradients(rank, group)
    }
    for (found, numbers) in all {
      #expect(numbers == [1, 1])
      for place in 0..<4 {
        expectClose(found[place], zip(parts[0][place], parts[1][place]).map(+), "input \(place)", within: 1e-6)
      }
    }
  }
}
