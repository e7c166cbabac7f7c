import Evaluation
import TestSupport
import Testing
import Torch

/// Numbers by PyTorch 2.13, `kl_div` and `kl_divergence(Bernoulli, Bernoulli)`, in float64.
@Suite struct OutputMeaningTests {
  private let before: [Double] = [1, -2, 0.5, 0, 3, 1, 2, 2, -1]
  private let now: [Double] = [0.5, -1, 0.5, 1, 2, 1, 0, 2, -1]

  private func tensor(_ values: [Double], _ shape: [Int]) throws -> Tensor { try Tensor(values, shape: shape) }

  private func divergences(
    _ meaning: OutputMeaning, _ before: Tensor, _ now: Tensor, temperature: Double = 1
  ) throws -> [Double] {
    try meaning.divergences(
      from: meaning.reference(before, temperature: temperature), to: meaning.reference(now, temperature: temperature)
    ).array(of: Double.self)
  }

  private func expect(_ found: [Double], _ expected: [Double]) {
    #expect(found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 }, "\(found)")
  }

  @Test func tokensDivergeByTheirClasses() throws {
    let (first, second) = (try tensor(before, [1, 3, 3]), try tensor(now, [1, 3, 3]))
    let meaning = OutputMeaning.classes(axis: 2)
    expect(
      try divergences(meaning, first, second, temperature: 2),
      [0.03021432098222625, 0.07415165333253529, 0.1152688169244934])
    let cold = [0.0661348430041811, 0.18338336272303907, 0.4278212032103199]
    expect(try divergences(meaning, first, second), cold)
    let same = try #require(try meaning.agreements(of: second, with: first))
    // The last has two likeliest classes before, the first of which is taken.
    #expect(try same.array(of: Int64.self) == [1, 1, 0])
    // Classes along the first axis of an image.
    func turned(_ values: [Double]) throws -> Tensor {
      try tensor((0..<9).map { values[3 * ($0 % 3) + $0 / 3] }, [1, 3, 1, 3])
    }
    let image = OutputMeaning.classes(axis: 1)
    expect(try divergences(image, turned(before), turned(now)), cold)
    #expect(try image.divergences(from: image.reference(turned(before)), to: turned(now)).shape == [1, 1, 3])
  }

  @Test func labelsDivergeByYesAndNo() throws {
    let (first, second) = (try tensor([1, -2, 0.5, 0], [2, 2]), try tensor([0.5, -1, 0.5, 3], [2, 2]))
    expect(
      try divergences(.labels, first, second), [0.026344585976886298, 0.0671307544531328, 0, 0.8554401710137967])
    expect(
      try divergences(.labels, first, second, temperature: 2),
      [0.00747726849920053, 0.026344585976886298, 0, 0.2582660974228071])
    let same = try #require(try OutputMeaning.labels.agreements(of: second, with: first))
    #expect(try same.array(of: Int64.self) == [1, 1, 1, 1])
  }

  @Test func numbersDivergeByTheirSquaredDifference() throws {
    let (first, second) = (try tensor([1, -2], [2, 1]), try tensor([1.5, -2], [2, 1]))
    expect(try divergences(.numbers, first, second, temperature: 5), [0.25, 0])
    #expect(try OutputMeaning.numbers.agreements(of: second, with: first) == nil)
  }
}
