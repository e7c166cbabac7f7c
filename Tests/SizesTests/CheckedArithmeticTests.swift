import Sizes
import Testing

@Suite struct CheckedArithmeticTests {
  @Test func whatFitsIsComputedAndWhatDoesNotIsNil() {
    #expect(2.checkedPlus(3) == 5 && Int.max.checkedPlus(1) == nil)
    #expect(2.checkedMinus(3) == -1 && 0.checkedMinus(Int.min) == nil)
    #expect((-4).checkedTimes(3) == -12 && (1 << 62).checkedTimes(2) == nil)
  }

  @Test(
    arguments: [
      ([], 1), ([3, 4], 12), ([3, 0], 0), ([0, 1 << 40], 0),
      // 2⁶² · 8 does not fit, whatever the third extent is: count, strides and bytes are computed of them all.
      ([1 << 62, 8, 0], nil), ([0, 1 << 62, 8], nil), ([1 << 62, 8], nil), ([-1, 2], nil), ([Int.min], nil),
      // Sixteen bytes an element: 2⁵⁹ − 1 elements at most.
      ([Int.max / 16], Int.max / 16), ([Int.max / 16 + 1], nil),
    ] as [([Int], Int?)])
  func aShapeHasAsManyElementsAsMemoryCouldHold(shape: [Int], count: Int?) {
    #expect(shape.checkedElementCount == count, "\(shape)")
  }
}
