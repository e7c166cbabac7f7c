import Testing

@testable import HDF5

/// What a process that a file has taken over could say of it: of a file of 1,000 bytes.
@Suite struct ForeignContentsTests {
  private typealias Contents = ForeignContents

  private func contents(_ data: Contents.Data, members: [Contents.Member]? = nil) -> Contents {
    Contents(objects: [
      .init(
        kind: .group, attributes: .value([.init(name: "a", value: .value(.integers([1])))]),
        members: .value(members ?? [.init(name: "x", target: .object(1))])),
      .init(kind: .dataset, attributes: .value([]), data: .value(data)),
    ])
  }

  private func data(
    _ shape: [Int], _ type: ElementType? = .float32, isExact: Bool = true, offset: Int? = nil
  ) -> Contents.Data {
    .init(shape: shape, elementType: type, foundType: "", isExact: isExact, offset: offset)
  }

  private func reason(_ contents: Contents) -> String? {
    do { try contents.check(byteCount: 1000) } catch { return (error as? Contents.Impossible)?.reason ?? "\(error)" }
    return nil
  }

  @Test func whatLiesWithinTheFileIsBelieved() {
    // 25 · 4 = 100 bytes, which end with the file; none at its end; chunks that unpack to more than the file has.
    #expect(reason(contents(data([25], offset: 900))) == nil)
    #expect(reason(contents(data([0, 3], offset: 1000))) == nil)
    #expect(reason(contents(data([], offset: 996))) == nil)
    #expect(reason(contents(data([1000, 1000]))) == nil)
  }

  @Test func dataOutsideOfTheFileAreNot() {
    for (shape, offset) in [([25], 901), ([25], -4), ([25], Int.max), ([1], 1001), ([251], 0)] {
      let bytes = shape[0] * 4
      #expect(
        reason(contents(data(shape, offset: offset)))
          == "data at byte \(offset), \(bytes) long, of a file of 1000")
    }
    // Of a type that would be converted nothing is mapped.
    #expect(reason(contents(data([2], isExact: false, offset: 0))) != nil)
    #expect(reason(contents(data([2], nil, offset: 0))) != nil)
  }

  @Test func shapesThatFitNoMemoryAreNot() {
    #expect(reason(contents(data([-1]))) == "the shape [-1]")
    #expect(reason(contents(data([1 << 40, 1 << 40]))) == "the shape [1099511627776, 1099511627776]")
    #expect(reason(contents(data([0, -5]))) == "the shape [0, -5]")
    // 16 MiB and one number more: a file of 1,000 bytes has 1,100,000 at most.
    #expect(reason(contents(data([(4 << 20) + 1]))) == "16777220 bytes of data, of a file of 1000")
  }

  @Test func membersThatAreNoneAreNot() {
    for index in [2, -1] {
      #expect(
        reason(contents(data([1]), members: [.init(name: "x", target: .object(index))])) == "object \(index) of 2")
    }
    for name in ["", "a/b", "/"] {
      #expect(reason(contents(data([1]), members: [.init(name: name, target: .object(1))])) != nil)
    }
    #expect(reason(Contents(objects: [])) == "its root is no group")
    var forged = contents(data([1]))
    forged.objects[1].data = nil
    #expect(reason(forged) == "a dataset that is none")
    forged = contents(data([1]))
    forged.objects[1].members = .value([])
    #expect(reason(forged) == "a dataset that is none")
  }

  @Test func reasonsWithoutEndAreNot() {
    let long = String(repeating: "x", count: 5000)
    #expect(
      reason(contents(data([1]), members: [.init(name: "x", target: .broken(reason: long))]))
        == "a reason without end")
    var forged = contents(data([1]))
    forged.objects[1].data = .failure(.notHDF5(path: long))
    #expect(reason(forged) == "a reason without end")
  }
}
