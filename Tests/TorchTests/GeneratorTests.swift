import TestSupport
import Testing
import Torch

@Suite struct GeneratorTests {
  private func draw(_ generator: Generator, count: Int = 6) throws -> [Float] {
    let tensor = try Tensor.zeros([count])
    try tensor.fillNormal(standardDeviation: 1, using: generator)
    return try tensor.array()
  }

  @Test func aStateGoesOnWhereItWasTaken() throws {
    let seed = TestSeed.any(below: 1_000_000)
    let generator = try Generator(seed: seed)
    _ = try draw(generator)
    let state = try generator.state()
    #expect(state.type == .uint8 && state.count > 0)
    let expected = try draw(generator)
    #expect(try draw(generator) != expected, "seed \(seed)")
    try generator.setState(state)
    #expect(try draw(generator) == expected, "seed \(seed)")
    // The state goes to another generator too, whatever its seed.
    let other = try Generator(seed: seed + 1)
    try other.setState(state)
    #expect(try draw(other) == expected, "seed \(seed)")
  }

  @Test func aStateIsACopy() throws {
    let generator = try Generator(seed: 1)
    let state = try generator.state()
    let before = try state.bytes()
    _ = try draw(generator)
    #expect(try state.bytes() == before)
    #expect(try generator.state().bytes() != before)
  }

  @Test func whatIsNoStateIsRefused() throws {
    let generator = try Generator(seed: 1)
    let before = try generator.state().bytes()
    #expect(throws: TorchError.self) { try generator.setState(try Tensor([1, 2, 3] as [UInt8])) }
    #expect(throws: TorchError.self) { try generator.setState(try Tensor([1, 2, 3] as [Float])) }
    #expect(try generator.state().bytes() == before)
  }

  @Test func uniformNumbersStayInTheirRange() throws {
    let seed = TestSeed.any(below: 1_000_000)
    let tensor = try Tensor.zeros([4000])
    try tensor.fillUniform(-2...3, using: try Generator(seed: seed))
    let values: [Float] = try tensor.array()
    #expect(values.allSatisfy { -2 <= $0 && $0 <= 3 }, "seed \(seed)")
    // Mean 0.5, standard deviation 5/√12 = 1.44: of 4,000 the mean's is 0.023.
    let mean = values.reduce(0, +) / 4000
    #expect(abs(mean - 0.5) < 0.14, "mean \(mean), seed \(seed)")
  }

  @Test func normalNumbersHaveTheirDeviation() throws {
    let seed = TestSeed.any(below: 1_000_000)
    let tensor = try Tensor.zeros([4000])
    try tensor.fillNormal(standardDeviation: 3, using: try Generator(seed: seed))
    let square = try tensor.squared().mean(along: [0]).item()
    // Variance 9; of 4,000 squares the mean's deviation is 9 · √(2/4000) = 0.2.
    #expect(abs(square - 9) < 1.2, "\(square), seed \(seed)")
  }

  @Test func operatorsWithoutAGeneratorDrawFromTheDefaultOne() throws {
    let random = try Operator("aten::rand")
    func drawn() throws -> [Float] { try random.tensor([.ints([4])]).array() }
    try Library.seedDefaultGenerators(5)
    let first = try drawn()
    try Library.seedDefaultGenerators(5)
    let state = try Generator(defaultOf: .cpu).state()
    #expect(try drawn() == first)
    #expect(try drawn() != first)
    try Generator(defaultOf: .cpu).setState(state)
    #expect(try drawn() == first)
  }
}
