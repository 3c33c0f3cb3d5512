// Identifiers of further countries, of vehicles, networks and wallets: examples that agencies and standards publish are found whatever stands
// around them, and the same with one unit changed are not.
import { describe, expect, it } from 'vitest';
import { spanDetectors } from '../detectors.fixture.ts';
import { OUTPUT } from '../law.fixture.ts';
import { createSpanScanner } from '../scanner.ts';

const scanner = createSpanScanner(spanDetectors);
const typesIn = (text: string): readonly (string | undefined)[] => scanner.inspect(text, OUTPUT).findings.map((finding) => finding.type);

/** Type, words before, value. */
const FOUND: readonly (readonly [string, string, string])[] = [
  ['DE_SOCIAL_SECURITY', 'Rentenversicherungsnummer: ', '15 070649 C 103'],
  ['DE_SOCIAL_SECURITY', 'SV-Nummer ', '15070649C103'],
  ['HK_ID', '', 'G123456(A)'],
  ['HK_ID', 'HKID ', 'A1234563'],
  ['NZ_NHI', 'NHI ', 'ZZZ0016'],
  ['MX_RFC', 'RFC: ', 'GODE561231GR8'],
  ['VE_RIF', 'RIF ', 'V-11470283-4'],
  ['CL_RUT', 'RUT ', '12531909-2'],
  ['VIN', '', '1HGCM82633A004352'],
  ['PL_NIP', 'NIP ', '856-734-62-15'],
  ['PL_REGON', 'REGON: ', '192598184'],
  ['CO_NIT', 'NIT ', '213.123.432-1'],
  ['UK_UTR', 'UTR ', '1955839661'],
  ['FR_SIREN', 'SIREN ', '552 008 443'],
  ['ES_NIF', 'ID ', '54362315K'],
  ['US_MBI', 'Medicare ID ', '1EG4-TE5-MK73'],
  ['IT_FISCAL_CODE', 'codice fiscale: ', 'rccmnl83s18d969h'],
  ['IBAN_CODE', 'IBAN ', 'nl91abna0417164300'],
  ['CREDIT_CARD', '', '4111.1111.1111.1111'],
  ['MAC_ADDRESS', 'MAC ', '001B.4411.3AB7'],
  ['MAC_ADDRESS', 'mac address: ', '001b44113ab7'],
  ['MAC_ADDRESS', 'seen ', '00-1B-44-11-3A-B7'],
  ['IP_ADDRESS', 'route ', '192.0.2.44'],
  ['IMEI', '', '35-209900-176148-1'],
  ['MEDICAL_RECORD', 'historia clínica n.º ', '7712093'],
  ['HEALTH_INSURANCE', 'Medicaid number ', 'H882-19-331'],
  ['VAT_NUMBER', '', 'CZ25123891'],
  ['VAT_NUMBER', '', 'LT119511515'],
  ['VAT_NUMBER', '', 'LV40003521600'],
  ['VAT_NUMBER', '', 'CY10259033P'],
  ['VAT_NUMBER', '', 'BG175074752'],
  ['VAT_NUMBER', 'UID ', 'CHE-100.155.212 MWST'],
  ['CRYPTO', '', 'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t'],
  ['CRYPTO', '', 'DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L'],
  ['CRYPTO', '', 't1Hsc1LR8yKnbbe3twRp88p6vFfC5t7DLbs'],
  ['CRYPTO', '', 'GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7'],
  ['CRYPTO', '', 'cosmos1hsk6jryyqjfhp5dhc55tc9jtckygx0eph6dd02'],
  ['CRYPTO', 'Solana address: ', '7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV'],
];
const UNCHECKED = new Set(['MX_RFC', 'MAC_ADDRESS', 'IP_ADDRESS', 'MEDICAL_RECORD', 'HEALTH_INSURANCE', 'US_MBI']);

describe('published examples', () => {
  it.each(FOUND)('are found: %s, %s%s', (type, words, value) => {
    for (const text of [`${words}${value}`, `${words}${value}, thanks`, `(${words}${value})`, `line\n${words}${value}\nline`])
      expect({ text, types: typesIn(text) }).toEqual({ text, types: [type] });
  });

  const checked = FOUND.filter(([type, words]) => !UNCHECKED.has(type) && !words.startsWith('Solana'));
  it.each(checked)('are not found with one digit changed: %s, %s%s', (type, words, value) => {
    const at = value.search(/\d(?=\D*$)|\d(?=\D*\d\D*$)/);
    const wrong = value.slice(0, at) + String((Number(value[at]) + 1) % 10) + value.slice(at + 1);
    expect({ wrong, has: typesIn(words + wrong).includes(type) }).toEqual({ wrong, has: false });
  });
});

describe('what only looks like one', () => {
  it.each([
    'see section 3.14.15.92',
    'TLS 1.3.0.0',
    'model A123456 in stock',
    'the TRDLwxHouse of Loon Lake',
    'ISO 27001-2-3-4-5-6-7',
    'pages 10-20-30-40-50-60',
    'DE 12 345',
    'the RFC 793 of 1981',
    'MAC is short for media access control',
    'wallet: leather, brown',
  ])('is not found: %s', (text) => expect(typesIn(text)).toEqual([]));

  it('ends an address where the length of a network begins', () => {
    const [finding] = scanner.inspect('192.0.2.44/24 is ours', OUTPUT).findings;
    expect([finding?.start, finding?.end]).toEqual([0, 10]);
  });
});
