import Testing

@testable import Reports

/// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
@Suite struct CRC32CTests {
  @Test func knownVectors() {
    #expect(CRC32C.checksum(of: [UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum(of: [UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(of: 0..<32) == 0x46DD_794E)
    #expect(CRC32C.checksum(of: (0..<32).reversed()) == 0x113F_DB5C)
    #expect(CRC32C.checksum(of: "123456789".utf8) == 0xE306_9283)
    #expect(CRC32C.checksum(of: []) == 0)
  }

  @Test func maskRotatesByFifteenAndAdds() {
    // 0xE3069283 rotated right by 15 is 0x2507C60D; plus 0xA282EAD8 that is 0xC78AB0E5.
    #expect(CRC32C.maskedChecksum(of: "123456789".utf8) == 0xC78A_B0E5)
  }
}
