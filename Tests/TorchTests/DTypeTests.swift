import Testing
import Torch

@Suite struct DTypeTests {
  @Test func namesAndSizesAreThoseOfPrograms() throws {
    let sizes = [
      "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "uint8": 1, "bool": 1,
    ]
    #expect(DType.allCases.count == sizes.count)
    for type in DType.allCases {
      #expect(type.byteCount == sizes[type.name], "\(type)")
      #expect(try DType(named: type.name) == type)
      #expect(type.isFloatingPoint == type.name.contains("float"), "\(type)")
    }
    #expect(throws: TorchError.failed(operation: "element type", message: "'complex64' is not supported")) {
      try DType(named: "complex64")
    }
  }

  @Test func swiftTypesLieInMemoryAsTheirElementsDo() {
    func check<Element: TensorElement>(_ type: Element.Type, _ expected: DType) {
      #expect(type.dtype == expected && MemoryLayout<Element>.stride == expected.byteCount, "\(type)")
    }
    check(Double.self, .float64)
    check(Float.self, .float32)
    check(Int64.self, .int64)
    check(Int.self, .int64)
    check(Int32.self, .int32)
    check(UInt8.self, .uint8)
    check(Bool.self, .bool)
  }

  @Test func conversionRoundsAsTheTypesDo() throws {
    let third = try Tensor([1.0 / 3])
    // 1/3 = 1.3333 · 2⁻²: 1365/1024 with ten bits, 171/128 with seven.
    #expect(try third.to(.float16).item() == 0.333251953125)
    #expect(try third.to(.bfloat16).item() == 0.333984375)
    #expect(try third.to(.float32).item() == Double(Float(1) / 3))
    #expect(try third.to(.float16).type == .float16)
  }

  @Test func conversionToIntegersCutsTowardZero() throws {
    let values = try Tensor([1.7, -1.7, 0, 250] as [Float])
    #expect(try values.array(of: Int64.self) == [1, -1, 0, 250])
    #expect(try values.array(of: Int32.self) == [1, -1, 0, 250])
    #expect(try values.array(of: Bool.self) == [true, true, false, true])
    #expect(try values.narrowed(from: 2, count: 2).array(of: UInt8.self) == [0, 250])
    #expect(try Tensor([true, false]).array(of: Double.self) == [1, 0])
    // The tensor itself stays what it is.
    #expect(values.type == .float32)
  }

  @Test func aTypeWithoutCounterpartIsNil() throws {
    let parts = try Tensor([1, 2] as [Float])
    let complex = try Operator("aten::complex").tensor([.tensor(parts), .tensor(parts)])
    #expect(complex.type == nil && complex.shape == [2])
    #expect(throws: TorchError.failed(operation: "bytes", message: "unsupported element type")) {
      try complex.bytes()
    }
  }
}
