import Testing
import Torch

/// Where elements are: shapes, views and copies.
@Suite struct TensorMemoryTests {
  private func matrix() throws -> Tensor { try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]) }

  @Test func shapesOfEveryRankAreKept() throws {
    let scalar = try Tensor([4] as [Float], shape: [])
    #expect(scalar.shape == [] && scalar.count == 1)
    #expect(try scalar.item() == 4)
    let empty = try Tensor([] as [Float])
    #expect(empty.shape == [0] && empty.count == 0)
    #expect(try empty.array(of: Float.self) == [] && empty.bytes() == [])
    #expect(try matrix().shape == [2, 3] && matrix().count == 6)
    let zeros = try Tensor.zeros([2, 0, 3], type: .int32)
    #expect(zeros.shape == [2, 0, 3] && zeros.type == .int32)
  }

  @Test func oneElementIsAnItemAndMoreAreNot() throws {
    #expect(try Tensor([7] as [Int64], shape: [1, 1]).item() == 7)
    #expect(throws: TorchError.failed(operation: "item", message: "expected one element, found shape [2, 3]")) {
      try matrix().item()
    }
    #expect(throws: TorchError.self) { try Tensor([] as [Float]).item() }
  }

  @Test func aTransposeIsAViewThatIsReadRowByRow() throws {
    let matrix = try matrix()
    let transpose = try matrix.transposed()
    #expect(transpose.shape == [3, 2])
    #expect(try transpose.array(of: Float.self) == [1, 4, 2, 5, 3, 6])
    #expect(try transpose.bytes() == transpose.contiguous().bytes())
    try matrix.fill(9)
    #expect(try transpose.array(of: Float.self) == [9, 9, 9, 9, 9, 9])
  }

  @Test func contiguousCopiesOnlyWhatIsNot() throws {
    let matrix = try matrix()
    let (same, copy) = (try matrix.contiguous(), try matrix.transposed().contiguous())
    try matrix.fill(0)
    #expect(try same.array(of: Float.self) == [0, 0, 0, 0, 0, 0])
    #expect(try copy.array(of: Float.self) == [1, 4, 2, 5, 3, 6])
  }

  @Test func slicesReachIntoWhatTheyAreOf() throws {
    let matrix = try matrix()
    let column = try matrix.narrowed(along: 1, from: 1, count: 1)
    #expect(column.shape == [2, 1])
    try column.fill(0)
    #expect(try matrix.array(of: Float.self) == [1, 0, 3, 4, 0, 6])
    #expect(throws: TorchError.self) { try matrix.narrowed(from: 1, count: 2) }
    #expect(try matrix.narrowed(from: 2, count: 0).shape == [0, 3])
  }

  @Test func anotherShapeKeepsTheElements() throws {
    let matrix = try matrix()
    let reshaped = try matrix.reshaped([3, -1])
    #expect(reshaped.shape == [3, 2])
    #expect(try reshaped.array(of: Float.self) == [1, 2, 3, 4, 5, 6])
    // A view of what lies row by row, a copy of what does not.
    let copy = try matrix.transposed().reshaped([6])
    try matrix.fill(0)
    #expect(try reshaped.sum().item() == 0)
    #expect(try copy.array(of: Float.self) == [1, 4, 2, 5, 3, 6])
    let error = #expect(throws: TorchError.self) { try matrix.reshaped([4, 2]) }
    #expect(error?.description.contains("[4, 2]") == true)
    #expect(try Tensor.zeros([2, 3, 4]).flattened().shape == [2, 12])
    #expect(try Tensor.zeros([2, 3, 4]).flattened(from: 0).shape == [24])
  }

  @Test func expandedAxesShareTheirElements() throws {
    let column = try Tensor([1, 2] as [Float], shape: [2, 1])
    let wide = try column.expanded(to: [-1, 3])
    #expect(wide.shape == [2, 3] && wide.count == 6)
    #expect(try wide.array(of: Float.self) == [1, 1, 1, 2, 2, 2])
    try column.fill(5)
    #expect(try wide.sum().item() == 30)
    #expect(throws: TorchError.self) { try column.expanded(to: [3, 3]) }
  }

  @Test func aCloneHasMemoryOfItsOwn() throws {
    let matrix = try matrix()
    let clone = try matrix.cloned()
    try matrix.fill(0)
    #expect(try clone.array(of: Float.self) == [1, 2, 3, 4, 5, 6])
  }

  @Test func theSameTypeAndDeviceIsTheSameMemory() throws {
    let matrix = try matrix()
    let (same, other) = (try matrix.to(.float32), try matrix.to(.float64))
    let there = try matrix.to(Device.cpu)
    try matrix.fill(0)
    #expect(try same.sum().item() == 0 && there.sum().item() == 0)
    #expect(try other.sum().item() == 21)
  }

  @Test func valuesAreCopiedInAndConverted() throws {
    var values: [Float] = [1, 2]
    let tensor = try Tensor(values)
    values[0] = 9
    #expect(try tensor.array(of: Float.self) == [1, 2])
    let whole = try Tensor([0, 0] as [Int64])
    try whole.copyInPlace(from: try Tensor([1.9, -2.9] as [Float]))
    #expect(try whole.array(of: Int64.self) == [1, -2] && whole.type == .int64)
    #expect(throws: TorchError.self) { try whole.copyInPlace(from: try Tensor.zeros([3])) }
  }

  @Test func tensorsAreJoinedAlongAnAxis() throws {
    let matrix = try matrix()
    let below = try Tensor.concatenated([matrix, try Tensor.zeros([1, 3])])
    #expect(below.shape == [3, 3])
    #expect(try below.array(of: Float.self) == [1, 2, 3, 4, 5, 6, 0, 0, 0])
    let beside = try Tensor.concatenated([matrix, try Tensor([7, 8] as [Float], shape: [2, 1])], along: 1)
    #expect(try beside.array(of: Float.self) == [1, 2, 3, 7, 4, 5, 6, 8])
    #expect(throws: TorchError.self) { try Tensor.concatenated([matrix, try Tensor.zeros([2, 2])]) }
    #expect(throws: TorchError.self) { try Tensor.concatenated([]) }
    // More tensors than one call has room for by itself.
    let many = try Tensor.concatenated((0..<300).map { try Tensor([Float($0)]) })
    #expect(try many.array(of: Float.self) == (0..<300).map(Float.init))
  }

  @Test func slicesAreSelectedInAnyOrder() throws {
    let rows = try matrix().selecting(try Tensor([1, 1, 0] as [Int64]), along: 0)
    #expect(try rows.array(of: Float.self) == [4, 5, 6, 4, 5, 6, 1, 2, 3])
    let columns = try matrix().selecting(try Tensor([2] as [Int64]), along: 1)
    #expect(try columns.array(of: Float.self) == [3, 6])
    #expect(throws: TorchError.self) { try matrix().selecting(try Tensor([2] as [Int64]), along: 0) }
  }

  @Test func theDiagonalIsTakenAndTakenAway() throws {
    let square = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    #expect(try square.diagonal().array(of: Float.self) == [1, 4])
    #expect(try square.withZeroDiagonal().array(of: Float.self) == [0, 2, 3, 0])
    #expect(try square.array(of: Float.self) == [1, 2, 3, 4])
  }
}
