import Foundation
import TestSupport
import Testing
import Torch

/// What is computed of elements, worked by hand.
@Suite struct TensorArithmeticTests {
  private let a: Tensor
  private let b: Tensor

  init() throws {
    a = try Tensor([1, -2, 4] as [Float])
    b = try Tensor([2, 8, -0.5] as [Float])
  }

  private func expect(
    _ tensor: Tensor, _ expected: [Double], within tolerance: Double = 1e-6,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try tensor.array(of: Double.self)
    guard let worst = largestDifference(found, expected) else {
      Issue.record("\(found.count) elements, expected \(expected.count)", sourceLocation: sourceLocation)
      return
    }
    #expect(
      worst.value <= tolerance, "element \(worst.index): \(found) instead of \(expected)",
      sourceLocation: sourceLocation)
  }

  @Test func elementsAreAddedSubtractedMultipliedAndDivided() throws {
    try expect(a.add(b), [3, 6, 3.5])
    try expect(a.add(b, scaledBy: -2), [-3, -18, 5])
    try expect(a.subtract(b), [-1, -10, 4.5])
    try expect(a.multiply(b), [2, -16, -2])
    try expect(a.divide(b), [0.5, -0.25, -8])
    try expect(a.multiply(by: -1.5), [-1.5, 3, -6])
    try expect(a.divide(by: 4), [0.25, -0.5, 1])
  }

  @Test func axesOfExtentOneAreRepeated() throws {
    let column = try Tensor([10, 20] as [Float], shape: [2, 1])
    let sum = try column.add(a)
    #expect(sum.shape == [2, 3])
    try expect(sum, [11, 8, 14, 21, 18, 24])
    #expect(throws: TorchError.self) { try a.add(try Tensor.zeros([2])) }
  }

  @Test func inPlaceWritesWhereItStands() throws {
    let sum = try a.cloned()
    try sum.addInPlace(b)
    try expect(sum, [3, 6, 3.5])
    try sum.addInPlace(b, scaledBy: -1)
    try expect(sum, [1, -2, 4])
    // 1 + 0.5 · 1 · 2, −2 + 0.5 · −2 · 8, 4 + 0.5 · 4 · −0.5
    try sum.addProductInPlace(a, b, scaledBy: 0.5)
    try expect(sum, [2, -10, 3])
    try sum.addProductInPlace(a, a)
    try expect(sum, [3, -6, 19])
    #expect(throws: TorchError.self) { try sum.addInPlace(try Tensor.zeros([4, 3])) }
    try expect(sum, [3, -6, 19])
  }

  @Test func functionsOfEachElement() throws {
    try expect(a.absolute(), [1, 2, 4])
    try expect(Tensor([-3, 0, 0.25] as [Float]).sign(), [-1, 0, 1])
    try expect(a.squared(), [1, 4, 16])
    try expect(a.clamped(atLeast: 0.5), [1, 0.5, 4])
    try expect(Tensor([0, 2.25] as [Float]).squareRoot(), [0, 1.5])
    try expect(Tensor([0, Float(log(3.0))]).exponential(), [1, 3])
    #expect(try a.squareRoot().array(of: Float.self)[1].isNaN)
    #expect(try a.maximum().item() == 4)
  }

  @Test func sumsAndMeansGoOverTheirAxes() throws {
    let matrix = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    #expect(try matrix.sum().item() == 21 && matrix.sum().shape == [])
    try expect(matrix.sum(along: [0]), [5, 7, 9])
    try expect(matrix.mean(along: [1]), [2, 5])
    #expect(try matrix.sum(along: [1], keepsAxes: true).shape == [2, 1])
    #expect(try matrix.mean(along: [0, 1]).item() == 3.5)
    #expect(try matrix.mean(along: [0], keepsAxes: true).shape == [1, 3])
    #expect(throws: TorchError.self) { try matrix.sum(along: [2]) }
    // Whole numbers have a sum but no mean.
    #expect(try Tensor([1, 2] as [Int32]).sum().type == .int64)
    #expect(throws: TorchError.self) { try Tensor([1, 2] as [Int32]).mean(along: [0]) }
  }

  @Test func theLargestIsFoundByItsPlace() throws {
    let matrix = try Tensor([1, 9, 3, 7, 5, 6] as [Float], shape: [2, 3])
    let places = try matrix.argmax(along: 1)
    #expect(places.type == .int64)
    #expect(try places.array(of: Int64.self) == [1, 0])
    #expect(try matrix.argmax(along: 0).array(of: Int64.self) == [1, 0, 1])
  }

  @Test func equalHasTheSameShapeAndElements() throws {
    #expect(try a.isEqual(to: a.cloned()))
    #expect(try !a.isEqual(to: b))
    #expect(try !a.isEqual(to: a.reshaped([3, 1])))
    let nan = try Tensor([.nan] as [Float])
    #expect(try !nan.isEqual(to: nan.cloned()))
  }

  @Test func oneNumberThatIsNotFiniteIsFound() throws {
    #expect(try a.isFinite())
    for value in [Float.nan, .infinity, -.infinity] { #expect(try !Tensor([1, value, 2]).isFinite(), "\(value)") }
    #expect(try Tensor([] as [Float]).isFinite())
  }

  @Test func probabilitiesComeFromLogits() throws {
    // e^0 : e^ln 3 = 1 : 3; a shift changes nothing, even one whose exponentials overflow.
    let logits = try Tensor([0, Float(log(3.0)), 1000, 1000] as [Float], shape: [2, 2])
    try expect(logits.softmax(along: 1), [0.25, 0.75, 0.5, 0.5])
    try expect(logits.logSoftmax(along: 1), [log(0.25), log(0.75), log(0.5), log(0.5)])
  }

  @Test func crossEntropyIsTheLogarithmOfTheLabelsProbability() throws {
    // p = (1/4, 3/4) with label 1 and (1/2, 1/2) with label 0: ln 4/3 and ln 2.
    let logits = try Tensor([log(0.25), log(0.75), log(0.5), log(0.5)].map(Float.init), shape: [2, 2])
    let labels = try Tensor([1, 0] as [Int64])
    let (first, second) = (log(4.0 / 3), log(2.0))
    try expect(logits.crossEntropy(with: labels, reduction: .none), [first, second])
    try expect(logits.crossEntropy(with: labels, reduction: .sum), [first + second])
    try expect(logits.crossEntropy(with: labels), [(first + second) / 2])
    // Class 0 weighs 3, class 1 weighs 1: (1 · ln 4/3 + 3 · ln 2) / (1 + 3)
    let weights = try Tensor([3, 1] as [Float])
    try expect(logits.crossEntropy(with: labels, classWeights: weights), [(first + 3 * second) / 4])
    // A fifth of the target goes to both classes alike: 0.8 · ln 4/3 + 0.2 · (ln 4 + ln 4/3) / 2
    let smoothed = try logits.crossEntropy(with: labels, labelSmoothing: 0.2, reduction: .none)
    try expect(smoothed, [0.8 * first + 0.1 * (log(4.0) + first), second])
    #expect(throws: TorchError.self) { try logits.crossEntropy(with: try Tensor([2, 0] as [Int64])) }
    #expect(throws: TorchError.self) { try logits.crossEntropy(with: try Tensor([1] as [Int64])) }
  }

  @Test func singularValuesComeLargestFirst() throws {
    try expect(Tensor([3, 0, 0, -4] as [Float], shape: [2, 2]).singularValues(), [4, 3])
    #expect(throws: TorchError.self) { try a.singularValues() }
  }

  @Test func theTriangularFactorHasTheColumnsLengths() throws {
    // Columns (3, 4) and (1, 2): |r₁₁| = 5, r₁₂ = ±(3·1 + 4·2)/5 with r₁₁'s sign, |r₂₂| = |det| / 5 = 2/5.
    let factor = try Tensor([3, 1, 4, 2] as [Float], shape: [2, 2]).triangularFactor()
    try expect(factor.absolute(), [5, 2.2, 0, 0.4])
    let values = try factor.array(of: Double.self)
    #expect(values[0].sign == values[1].sign)
    #expect(try Tensor.zeros([5, 2]).triangularFactor().shape == [2, 2])
  }

  @Test func imagesAreMadeSmallerByTheirMeans() throws {
    let image = try Tensor([1, 2, 3, 6] as [Float], shape: [1, 1, 2, 2])
    let smaller = try image.resizedBilinear(to: [1, 1])
    #expect(smaller.shape == [1, 1, 1, 1])
    try expect(smaller, [3])
    try expect(image.resizedBilinear(to: [2, 2]), [1, 2, 3, 6])
    // A picture of one colour stays so.
    let plain = try Tensor.zeros([1, 3, 5, 7])
    try plain.fill(0.3)
    try expect(plain.resizedBilinear(to: [3, 11]), [Double](repeating: 0.3, count: 99))
  }

  @Test func matrixProductsNeedMatchingShapes() throws {
    let (left, right) = (try Tensor([1, 2, 3] as [Float], shape: [1, 3]), try a.reshaped([3, 1]))
    // 1 · 1 + 2 · −2 + 3 · 4
    try expect(left.matrixProduct(right), [9])
    #expect(try right.matrixProduct(left).shape == [3, 3])
    #expect(throws: TorchError.self) { try left.matrixProduct(a) }
  }
}
