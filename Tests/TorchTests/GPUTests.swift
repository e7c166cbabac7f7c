import Testing

@testable import Torch

private let hasGPU = ((try? Device.cudaDeviceCount()) ?? 0) > 0

/// What only a GPU shows; `CommandTests` runs them with a device that stands in for one.
@Suite(.enabled(if: hasGPU)) struct GPUTests {
  private let gpu: Device

  init() throws { gpu = try Device("cuda") }

  private func draw(_ shape: [Int], seed: UInt64) throws -> Tensor {
    let tensor = try Tensor.zeros(shape)
    try tensor.fillNormal(standardDeviation: 1, using: Generator(seed: seed))
    return tensor
  }

  private func values(_ tensor: Tensor) throws -> [Float] { try tensor.array(of: Float.self) }

  @Test func tensorsOfTwoDevicesAreNotMixed() throws {
    let (here, there) = (try draw([2, 2], seed: 1), try draw([2, 2], seed: 1).to(gpu))
    #expect(throws: TorchError.self) { try there.add(here) }
    #expect(throws: TorchError.self) { try here.addInPlace(there) }
    #expect(throws: TorchError.self) { try there.matrixProduct(here) }
    #expect(throws: TorchError.self) { try Tensor.concatenated([there, here]) }
    #expect(throws: TorchError.self) { try there.selecting(Tensor([0 as Int64]), along: 0) }
    #expect(throws: TorchError.self) { try there.crossEntropy(with: Tensor([0, 1] as [Int64])) }
    #expect(throws: TorchError.self) { try there.fillNormal(standardDeviation: 1, using: Generator(seed: 1)) }
    #expect(throws: TorchError.self) {
      try Operator("aten::conv2d")([
        .tensor(draw([1, 1, 4, 4], seed: 1).to(gpu)), .tensor(draw([1, 1, 2, 2], seed: 1)),
      ])
    }
    // A number is no tensor of another device.
    #expect(try values(there.multiply(by: 2)) == values(here.multiply(by: 2)))
  }

  @Test func pullsAreThoseOfTheCPUAndAreReadLater() throws {
    let shapes = [[3, 4], [5], [2, 2, 2]]
    func tensors(seed: UInt64, on device: Device) throws -> [Tensor] {
      try shapes.enumerated().map { try draw($1, seed: seed + UInt64($0)).to(device) }
    }
    for (hasReference, hasImportance) in [(true, true), (true, false), (false, true), (false, false)] {
      let outcomes = try [Device.cpu, gpu].map { device in
        let gradients = try tensors(seed: 1, on: device)
        let sum = try pullGradients(
          gradients, of: tensors(seed: 11, on: device), toward: hasReference ? tensors(seed: 21, on: device) : nil,
          importances: hasImportance ? tensors(seed: 31, on: device) : nil, strength: 0.3)
        return try (gradients.map(values), sum.value())
      }
      // Kernels may round once where others round twice.
      for (one, other) in zip(outcomes[0].0.joined(), outcomes[1].0.joined()) { #expect(abs(one - other) < 1e-6) }
      #expect(abs(outcomes[0].1 - outcomes[1].1) < 1e-5 * abs(outcomes[0].1) + 1e-6)
    }
  }

  @Test func severalNumbersAreReadTogether() throws {
    let scalars = try [1.5, -2, 0.25].map { try Tensor([Float($0)], shape: [], device: gpu) }
    let sum = PendingNumber(of: scalars) { $0.reduce(0, +) }
    let numbers = [PendingNumber(7), sum, PendingNumber(of: scalars[1]).map { 2 * $0 }, sum + PendingNumber(1)]
    #expect(try PendingNumber.values(of: numbers) == [7, -0.25, -4, 0.75])
    #expect(try PendingNumber.marksNotFinite(numbers)?.item() == 0)
    let infinite = PendingNumber(of: try Tensor([Float.infinity], shape: [], device: gpu))
    #expect(try PendingNumber.marksNotFinite(numbers + [infinite])?.item() == 1)
    #expect(try PendingNumber.marksNotFinite([PendingNumber(.nan)]) == nil)
  }

  @Test func bytesAreComparedThere() throws {
    let numbers = try Tensor([1, .nan, -0.0] as [Float], device: gpu)
    let (same, other) = (try numbers.cloned(), try Tensor([1, .nan, 0.0] as [Float], device: gpu))
    let half = try numbers.to(.bfloat16)
    #expect(try Tensor.firstDifference(in: [(numbers, same), (half, try half.cloned())]) == nil)
    #expect(try Tensor.firstDifference(in: [(half, half), (numbers, other)]) == 1)
    let count = try Tensor([3 as Int64], shape: [], device: gpu)
    #expect(try Tensor.firstDifference(in: [(count, count)]) == nil)
  }

  @Test func aTensorGoesUpAsItIs() throws {
    let numbers = try draw([3, 2], seed: 4)
    let there = try numbers.uploaded(to: gpu)
    #expect(there.device == gpu && there.shape == [3, 2])
    #expect(try values(there) == values(numbers))
    #expect(throws: TorchError.self) { try there.uploaded(to: gpu) }
  }

  @Test func aGeneratorGoesOnFromItsState() throws {
    let generator = try Generator(seed: 5, device: gpu)
    let tensor = try Tensor.zeros([8], device: gpu)
    try tensor.fillUniform(0...1, using: generator)
    let state = try generator.state()
    #expect(state.count == 16)
    try tensor.fillUniform(0...1, using: generator)
    let expected = try values(tensor)
    try generator.setState(state)
    try tensor.fillUniform(0...1, using: generator)
    #expect(try values(tensor) == expected)
    try tensor.fillUniform(0...1, using: generator)
    #expect(try values(tensor) != expected)
    // What the CPU's generators draw with is another state.
    #expect(throws: TorchError.self) { try Generator(seed: 5).setState(state) }
  }

  /// The cells of both are single kernels there.
  @Test(arguments: ["aten::lstm", "aten::gru"]) func recurrencesAreThoseOfTheCPU(_ name: String) throws {
    let gates = name == "aten::lstm" ? 4 : 3
    let weights = try [[gates * 5, 3], [gates * 5, 5], [gates * 5], [gates * 5]].enumerated().map {
      try draw($1, seed: UInt64(40 + $0))
    }
    let outcomes = try [Device.cpu, gpu].map { device in
      let own = try weights.map { try $0.to(device).cloned() }
      let input = try draw([2, 6, 3], seed: 50).to(device).cloned()
      for tensor in own + [input] { try tensor.setRequiresGradient(true) }
      let state = try Tensor.zeros([1, 2, 5], device: device)
      let results = try Operator(name, overload: "input")([
        .tensor(input), name == "aten::lstm" ? .tensors([state, state]) : .tensor(state), .tensors(own), .bool(true),
        .int(1), .double(0), .bool(true), .bool(false), .bool(true),
      ])
      guard case .tensor(let output)? = results.first else { throw TorchError.failed(operation: name, message: "") }
      let gradients = try output.squared().sum().gradients(of: own + [input]).compactMap { $0 }
      return try ([output] + gradients).map(values)
    }
    for (one, other) in zip(outcomes[0], outcomes[1]) {
      #expect(one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) < 1e-5 * max(1, abs($0)) })
    }
    #expect(outcomes[0].count == 6 && outcomes[1].count == 6)
  }
}
